using Registry.Auth.Audit;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Auth.Identities;

/// <summary>Users. Every change is one transaction with its audit record.</summary>
public sealed class UserStore(Database database)
{
    private const string Columns =
        "id as Id, name as Name, administrator as Administrator, disabled_at as DisabledAt, created_at as CreatedAt";

    /// <summary>The user of that name, or null.</summary>
    public async Task<User?> FindAsync(string name, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return (await FindAsync(session, name))?.User;
    }

    /// <summary>Users in the order of their names.</summary>
    public async Task<IReadOnlyList<User>> ListAsync(string after, int limit, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var rows = await session.QueryAsync<Row>(
            $"select {Columns} from subject where kind = 1 and name > @after order by name limit @limit", new { after, limit });
        return rows.Select(row => row.User).ToList();
    }

    /// <summary>Adds a user; null when the name is taken.</summary>
    /// <param name="by">Who does it.</param>
    /// <param name="name">A valid <see cref="SubjectName"/>.</param>
    /// <param name="hash">Of its password; null for a user who signs in with access tokens or certificates only.</param>
    /// <param name="administrator">Whether it may do everything.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    /// <exception cref="OciException">The first user must be an administrator.</exception>
    public Task<User?> CreateAsync(Author by, string name, string? hash, bool administrator, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                if (!administrator && !await AnyAsync(session))
                {
                    throw ManagementError.NoAdministrator();
                }

                var user = await InsertAsync(session, name, hash, administrator);
                if (user is not null)
                {
                    await AuditStore.AppendAsync(session, by.Did("user.create", name, new { administrator }));
                }

                return user;
            },
            cancellationToken);

    /// <summary>Adds the users of an htpasswd file with the hashes of their passwords; returns the names that were taken.</summary>
    /// <exception cref="OciException">The first user must be an administrator.</exception>
    public Task<IReadOnlySet<string>> ImportAsync(Author by, IReadOnlyList<(string Name, string Hash)> users, CancellationToken cancellationToken) =>
        database.WriteAsync<IReadOnlySet<string>>(
            async session =>
            {
                if (!await AnyAsync(session))
                {
                    throw ManagementError.NoAdministrator();
                }

                var taken = new HashSet<string>();
                foreach (var (name, hash) in users)
                {
                    if (await InsertAsync(session, name, hash, administrator: false) is null)
                    {
                        taken.Add(name);
                    }
                    else
                    {
                        await AuditStore.AppendAsync(session, by.Did("user.create", name, new { imported = true }));
                    }
                }

                return taken;
            },
            cancellationToken);

    /// <summary>Changes what is not null; null when there is no such user.</summary>
    /// <exception cref="OciException">It is the last administrator.</exception>
    public Task<User?> ChangeAsync(Author by, string name, bool? administrator, bool? disabled, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                if (await LockAsync(session, name) is not { } before)
                {
                    return null;
                }

                var after = before with { IsAdministrator = administrator ?? before.IsAdministrator, IsDisabled = disabled ?? before.IsDisabled };
                if (after == before)
                {
                    return before;
                }

                if (!after.IsAdministrator || after.IsDisabled)
                {
                    await KeepAdministratorAsync(session, before);
                }

                await session.ExecuteAsync(
                    """
                    update subject set epoch = epoch + 1, administrator = @administrator,
                      disabled_at = case when @disabled = 0 then null else coalesce(disabled_at, now_ms()) end
                    where id = @Id
                    """,
                    new { administrator = after.IsAdministrator ? 1L : 0L, disabled = after.IsDisabled ? 1L : 0L, before.Id });
                if (after.IsAdministrator != before.IsAdministrator)
                {
                    await AuditStore.AppendAsync(session, by.Did(after.IsAdministrator ? "user.promote" : "user.demote", name));
                }

                if (after.IsDisabled != before.IsDisabled)
                {
                    await AuditStore.AppendAsync(session, by.Did(after.IsDisabled ? "user.disable" : "user.enable", name));
                }

                return after;
            },
            cancellationToken);

    /// <summary>Removes a user with its credentials, grants and memberships; false when there is none of that name.</summary>
    /// <exception cref="OciException">It is the last administrator.</exception>
    public Task<bool> RemoveAsync(Author by, string name, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await LockAsync(session, name) is not { } user)
            {
                return false;
            }

            await KeepAdministratorAsync(session, user);
            await RemoveAsync(session, user.Id);
            await AuditStore.AppendAsync(session, by.Did("user.remove", name));
            return true;
        },
        cancellationToken);

    /// <summary>Removes a subject and all that hangs on it. Its row is locked.</summary>
    internal static Task<int> RemoveAsync(Session session, long subject) => session.ExecuteAsync(
        """
        delete from role_grant where subject_id = @subject;
        delete from team_member where subject_id = @subject;
        update credential set parent_id = null where subject_id = @subject;
        delete from credential where subject_id = @subject;
        delete from subject where id = @subject
        """,
        new { subject });

    /// <summary>Adds a user within a transaction; null when the name is taken.</summary>
    internal static async Task<User?> InsertAsync(Session session, string name, string? hash, bool administrator)
    {
        var id = await session.FirstAsync<long?>(
            """
            insert into subject (kind, name, administrator, created_at) values (1, @name, @administrator, now_ms())
            on conflict (name) do nothing returning id
            """,
            new { name, administrator = administrator ? 1L : 0L });
        if (id is null)
        {
            return null;
        }

        if (hash is not null)
        {
            await CredentialStore.InsertPasswordAsync(session, id.Value, hash);
        }

        return (await FindAsync(session, name))!.User;
    }

    /// <summary>Whether there is any user, so that somebody can sign in.</summary>
    internal static async Task<bool> AnyAsync(Session session) =>
        await session.FirstAsync<long?>("select 1 from subject where kind = 1 limit 1") is not null;

    private async Task<User?> LockAsync(Session session, string name)
    {
        // All administrators, always in this order: of two who remove each other, the second finds itself the last.
        await session.QueryAsync<long>(
            $"select id from subject where kind = 1 and (name = @name or administrator = 1) order by id {database.Dialect.ForUpdate}", new { name });
        return (await FindAsync(session, name))?.User;
    }

    private static async Task KeepAdministratorAsync(Session session, User user)
    {
        if (user is { IsAdministrator: true, IsDisabled: false } && await session.FirstAsync<long?>(
            "select 1 from subject where kind = 1 and administrator = 1 and disabled_at is null and id <> @Id limit 1", new { user.Id }) is null)
        {
            throw ManagementError.LastAdministrator();
        }
    }

    private static Task<Row?> FindAsync(Session session, string name) =>
        session.FirstAsync<Row>($"select {Columns} from subject where kind = 1 and name = @name", new { name });

    private sealed record Row(long Id, string Name, long Administrator, long? DisabledAt, long CreatedAt)
    {
        public User User => new(Id, Name, Administrator == 1, DisabledAt is not null, CreatedAt);
    }
}
