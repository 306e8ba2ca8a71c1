using Registry.Auth.Audit;
using Registry.Storage.Metadata;

namespace Registry.Auth.Identities;

/// <summary>Teams and their members.</summary>
public sealed class TeamStore(Database database)
{
    private const string Columns = "t.id as Id, t.name as Name, t.created_at as CreatedAt";

    /// <summary>The team of that name; null when there is none, or the one who asks is no member.</summary>
    /// <param name="name">The name.</param>
    /// <param name="member">Only if this subject is a member; null for whoever may see all teams.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public async Task<Team?> FindAsync(string name, long? member, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.FirstAsync<Team>($"select {Columns} from team t where t.name = @name {Of(member)}", new { name, member = member ?? 0 });
    }

    /// <summary>Teams in the order of their names; of a member, the ones it is in.</summary>
    public async Task<IReadOnlyList<Team>> ListAsync(long? member, string after, int limit, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.QueryAsync<Team>(
            $"select {Columns} from team t where t.name > @after {Of(member)} order by t.name limit @limit", new { after, limit, member = member ?? 0 });
    }

    /// <summary>A new team; null when the name is taken.</summary>
    public Task<Team?> CreateAsync(Author by, string name, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var team = await session.FirstAsync<Team>(
                """
                insert into team (name, created_at) values (@name, now_ms()) on conflict (name) do nothing
                returning id as Id, name as Name, created_at as CreatedAt
                """,
                new { name });
            if (team is not null)
            {
                await AuditStore.AppendAsync(session, by.Did("team.create", name));
            }

            return team;
        },
        cancellationToken);

    /// <summary>Removes a team with what it was granted; false when there is none of that name.</summary>
    public Task<bool> RemoveAsync(Author by, string name, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await FindIdAsync(session, name) is not { } team || !await Epochs.RaiseMembersAsync(session, database.Dialect, team))
            {
                return false;
            }

            await session.ExecuteAsync(
                "delete from role_grant where team_id = @team; delete from team_member where team_id = @team; delete from team where id = @team",
                new { team });
            await AuditStore.AppendAsync(session, by.Did("team.remove", name));
            return true;
        },
        cancellationToken);

    /// <summary>The names of the users of a team, in order.</summary>
    public async Task<IReadOnlyList<string>> MembersAsync(string team, string after, int limit, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.QueryAsync<string>(
            """
            select s.name from team t join team_member m on m.team_id = t.id join subject s on s.id = m.subject_id
            where t.name = @team and s.name > @after order by s.name limit @limit
            """,
            new { team, after, limit });
    }

    /// <summary>Makes a user a member; false when there is no such team or user.</summary>
    public Task<bool> AddAsync(Author by, string team, string user, CancellationToken cancellationToken) =>
        ChangeAsync(
            by.Did("team.join", team, new { user }),
            team,
            user,
            "insert into team_member (team_id, subject_id) values (@id, @subject) on conflict do nothing",
            isMember: false,
            cancellationToken);

    /// <summary>Ends a membership; false when there is none.</summary>
    public Task<bool> RemoveAsync(Author by, string team, string user, CancellationToken cancellationToken) =>
        ChangeAsync(
            by.Did("team.leave", team, new { user }),
            team,
            user,
            "delete from team_member where team_id = @id and subject_id = @subject",
            isMember: true,
            cancellationToken);

    private Task<bool> ChangeAsync(AuditEvent entry, string team, string user, string sql, bool isMember, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                // The team first: whoever gives it a grant meanwhile must see the member, or be seen by it.
                var id = await session.FirstAsync<long?>($"select id from team where name = @team {database.Dialect.ForUpdate}", new { team });
                var subject = await session.FirstAsync<long?>(
                    $"select id from subject where kind = 1 and name = @user {database.Dialect.ForUpdate}", new { user });
                if (id is null || subject is null)
                {
                    return false;
                }

                if (await session.ExecuteAsync(sql, new { id, subject }) == 0)
                {
                    return !isMember;
                }

                await Epochs.RaiseAsync(session, subject.Value);
                await AuditStore.AppendAsync(session, entry);
                return true;
            },
            cancellationToken);

    private static Task<long?> FindIdAsync(Session session, string name) =>
        session.FirstAsync<long?>("select id from team where name = @name", new { name });

    private static string Of(long? member) =>
        member is null ? "and @member = 0" : "and exists (select 1 from team_member m where m.team_id = t.id and m.subject_id = @member)";
}
