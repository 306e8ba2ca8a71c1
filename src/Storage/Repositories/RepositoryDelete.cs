using Registry.Storage.Manifests;
using Registry.Storage.Metadata;

namespace Registry.Storage.Repositories;

/// <summary>
/// The delete of one repository within its transaction, which is short whatever is in it: the name goes, and everything finds its
/// repository by the name. Rows are locked in the order that everyone keeps: name, repository, teams, subjects.
/// </summary>
internal sealed class RepositoryDelete(Session session, Dialect dialect, long id)
{
    private const string Subjects =
        """
        select subject_id from role_grant where repository_id = @id and subject_id is not null
        union select m.subject_id from role_grant g join team_member m on m.team_id = g.team_id where g.repository_id = @id
        """;

    /// <summary>False when somebody else has been faster.</summary>
    public async Task<bool> RunAsync(Origin origin)
    {
        // Whoever is bringing something in holds the name (RepositoryFacts.HoldAsync). It is waited for, and the emptying sees it.
        if (await session.ExecuteAsync("delete from repository_name where repository_id = @id", new { id }) == 0)
        {
            return false;
        }

        // Alone, and against foreign keys, too: a grant that is being made is waited for.
        await session.ExecuteAsync($"select id from repository where id = @id {dialect.ForUpdate}", new { id });
        await session.ExecuteAsync(
            "update repository set deleted_at = now_ms(), deleted_by = @Actor, deleted_from = @Address, emptying = 0 where id = @id",
            new { id, origin.Actor, origin.Address });
        await RevokeAsync();
        await session.ExecuteAsync(Wakeups.WakeCollection(dialect));
        return true;
    }

    // The name may mean another repository soon. Members who are joining a team are waited for.
    private Task RevokeAsync() => session.ExecuteAsync(
        $"""
        select id from team where id in (select team_id from role_grant where repository_id = @id) order by id {dialect.ForUpdate};
        select id from subject where id in ({Subjects}) order by id {dialect.ForUpdate};
        update subject set epoch = epoch + 1 where id in ({Subjects});
        delete from role_grant where repository_id = @id
        """,
        new { id });
}
