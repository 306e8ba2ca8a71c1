using Registry.Storage.Metadata;

namespace Registry.Auth.Identities;

/// <summary>
/// The epochs of subjects go up in the transaction that changes what they may do. The rows that decide who is concerned are locked
/// before, in a statement of their own: a team that gets a grant while somebody joins it.
/// </summary>
internal static class Epochs
{
    public static Task<int> RaiseAsync(Session session, long subject) =>
        session.ExecuteAsync("update subject set epoch = epoch + 1 where id = @subject", new { subject });

    /// <summary>For all members of a team, which is locked until the transaction ends. False when there is no such team.</summary>
    public static async Task<bool> RaiseMembersAsync(Session session, Dialect dialect, long team)
    {
        if (await session.FirstAsync<long?>($"select id from team where id = @team {dialect.ForUpdate}", new { team }) is null)
        {
            return false;
        }

        await session.ExecuteAsync(
            "update subject set epoch = epoch + 1 where id in (select subject_id from team_member where team_id = @team)", new { team });
        return true;
    }
}
