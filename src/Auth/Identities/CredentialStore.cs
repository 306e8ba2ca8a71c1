using System.Text;
using Registry.Auth.Audit;
using Registry.Auth.Passwords;
using Registry.Auth.Permissions;
using Registry.Auth.Tokens;
using Registry.Storage.Metadata;

namespace Registry.Auth.Identities;

/// <summary>
/// What users sign in with: passwords, access tokens, and the refresh tokens that clients keep in place of passwords. A credential
/// is always named together with its user. It ends by being revoked; its row stays.
/// </summary>
public sealed class CredentialStore(Database database)
{
    internal const string Columns =
        """
        c.id as Id, c.name as Name, c.limits as Limits, c.created_at as CreatedAt, c.expires_at as ExpiresAt, c.last_used_at as LastUsedAt
        """;

    private const string Live = "c.revoked_at is null and (c.expires_at is null or c.expires_at > now_ms())";

    /// <summary>What is stored of a user's password; null when there is no such user or it has none.</summary>
    public async Task<StoredPassword?> FindPasswordAsync(string user, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var row = await session.FirstAsync<PasswordRow>(
            """
            select s.id as Subject, s.epoch as Epoch, c.secret as Secret
            from subject s join credential c on c.subject_id = s.id and c.kind = 1 and c.revoked_at is null where s.kind = 1 and s.name = @user
            """,
            new { user });
        return row is null ? null : new StoredPassword(row.Subject, row.Epoch, Encoding.UTF8.GetString(row.Secret));
    }

    /// <summary>
    /// Gives a user a new password. What was signed in with the old one is signed out. False when there is no such user. Whoever is
    /// disabled stays so.
    /// </summary>
    public Task<bool> SetPasswordAsync(Author by, string user, string hash, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await LockAsync(session, user) is not { } subject)
            {
                return false;
            }

            var old = await session.FirstAsync<long?>(
                "select id from credential where subject_id = @subject and kind = 1 and revoked_at is null", new { subject });
            if (old is { } id)
            {
                await RevokeAsync(session, database.Dialect, id);
            }

            await InsertPasswordAsync(session, subject, hash);
            await Epochs.RaiseAsync(session, subject);
            await AuditStore.AppendAsync(session, by.Did("user.password", user));
            return true;
        },
        cancellationToken);

    /// <summary>The access tokens, or the sessions, of a user that hold, in the order of their ids.</summary>
    public async Task<IReadOnlyList<Credential>> ListAsync(
        string user, CredentialKind kind, long after, int limit, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var rows = await session.QueryAsync<Row>(
            $"""
            select {Columns} from credential c join subject s on s.id = c.subject_id
            where s.kind = 1 and s.name = @user and c.kind = @kind and c.id > @after and {Live} order by c.id limit @limit
            """,
            new { user, kind = (long)kind, after, limit });
        return rows.Select(row => row.Credential).ToList();
    }

    /// <summary>One of them; null when the user has none of that id that holds.</summary>
    public async Task<Credential?> FindAsync(string user, CredentialKind kind, long id, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var row = await session.FirstAsync<Row>(
            $"""
            select {Columns} from credential c join subject s on s.id = c.subject_id
            where s.kind = 1 and s.name = @user and c.kind = @kind and c.id = @id and {Live}
            """,
            new { user, kind = (long)kind, id });
        return row?.Credential;
    }

    /// <summary>What a subject has shown; null when that is none of its credentials.</summary>
    public async Task<Credential?> FindAsync(long subject, long id, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var row = await session.FirstAsync<Row>(
            $"select {Columns} from credential c where c.subject_id = @subject and c.id = @id", new { subject, id });
        return row?.Credential;
    }

    /// <summary>A new access token; null when there is no such user.</summary>
    /// <param name="by">Who does it.</param>
    /// <param name="user">Whose token it is.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="limits">What it is restricted to; null for nothing.</param>
    /// <param name="lifetime">How long it holds; null for until it is revoked.</param>
    /// <param name="creator">The credential that asks, which the token does not outlive; 0 for none.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public Task<IssuedSecret?> CreateTokenAsync(
        Author by, string user, string name, CredentialLimits? limits, TimeSpan? lifetime, long creator, CancellationToken cancellationToken)
    {
        var secret = Secrets.Create(Secrets.AccessToken);
        return database.WriteAsync(
            async session =>
            {
                if (await LockAsync(session, user) is not { } subject)
                {
                    return null;
                }

                var ends = await session.FirstAsync<long?>("select expires_at from credential where id = @creator", new { creator });
                var row = await InsertTokenAsync(session, subject, secret, name, limits, lifetime, ends);
                await AuditStore.AppendAsync(session, by.Did("token.create", user, new { row.Id, name, limits = limits?.Entries, row.ExpiresAt }));
                return new IssuedSecret(row.Credential, secret);
            },
            cancellationToken);
    }

    /// <summary>Ends an access token, or a session, of a user; false when it has none of that id that holds.</summary>
    public Task<bool> RevokeAsync(Author by, string user, CredentialKind kind, long id, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                var found = await session.FirstAsync<long?>(
                    $"""
                    select c.id from credential c join subject s on s.id = c.subject_id
                    where s.kind = 1 and s.name = @user and c.kind = @kind and c.id = @id and {Live}
                    """,
                    new { user, kind = (long)kind, id });
                if (found is null)
                {
                    return false;
                }

                await RevokeAsync(session, database.Dialect, id);
                await AuditStore.AppendAsync(session, by.Did(kind == CredentialKind.RefreshToken ? "session.end" : "token.revoke", user, new { id }));
                return true;
            },
            cancellationToken);

    /// <summary>Ends all sessions of a user; returns how many there were.</summary>
    public Task<int> EndSessionsAsync(Author by, string user, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var ended = await session.ExecuteAsync(
                """
                update credential set revoked_at = now_ms() where kind = 3 and revoked_at is null
                  and subject_id = (select id from subject where kind = 1 and name = @user)
                """,
                new { user });
            await AuditStore.AppendAsync(session, by.Did("session.end", user, new { ended }));
            return ended;
        },
        cancellationToken);

    internal static Task<int> InsertPasswordAsync(Session session, long subject, string hash) => session.ExecuteAsync(
        "insert into credential (subject_id, kind, secret, created_at) values (@subject, 1, @secret, now_ms())",
        new { subject, secret = Encoding.UTF8.GetBytes(hash) });

    /// <param name="session">The transaction.</param>
    /// <param name="subject">Whose it is.</param>
    /// <param name="secret">The whole text.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="limits">What it is restricted to.</param>
    /// <param name="lifetime">How long it holds.</param>
    /// <param name="ends">When it ends at the latest.</param>
    internal static async Task<Row> InsertTokenAsync(
        Session session, long subject, string secret, string? name, CredentialLimits? limits, TimeSpan? lifetime, long? ends = null)
    {
        var id = await session.FirstAsync<long>(
            """
            insert into credential (subject_id, kind, secret, name, limits, created_at, expires_at)
            values (@subject, 2, @secret, @name, @limits, now_ms(), case when now_ms() + @lifetime < @ends then now_ms() + @lifetime
              else coalesce(@ends, now_ms() + @lifetime) end)
            returning id
            """,
            new { subject, secret = Secrets.Hash(secret), name, limits = limits?.Format(), lifetime = (long?)lifetime?.TotalMilliseconds, ends });
        return (await session.FirstAsync<Row>($"select {Columns} from credential c where c.id = @id", new { id }))!;
    }

    /// <summary>Ends a credential and everything that was given for it.</summary>
    internal static async Task RevokeAsync(Session session, Dialect dialect, long id)
    {
        // Locked first, looked at in a later statement: a refresh token that is given for it meanwhile is seen, or not given.
        await session.FirstAsync<long?>($"select id from credential where id = @id {dialect.ForUpdate}", new { id });
        await session.ExecuteAsync(
            """
            with recursive family (id) as (
              select id from credential where id = @id
              union select c.id from credential c join family f on c.parent_id = f.id)
            update credential set revoked_at = now_ms() where id in (select id from family) and revoked_at is null
            """,
            new { id });
    }

    private Task<long?> LockAsync(Session session, string user) => session.FirstAsync<long?>(
        $"select id from subject where kind = 1 and name = @user {database.Dialect.ForUpdate}", new { user });

    internal sealed record Row(long Id, string? Name, string? Limits, long CreatedAt, long? ExpiresAt, long? LastUsedAt)
    {
        public Credential Credential => new(Id, Name, Limits is null ? null : CredentialLimits.Parse(Limits), CreatedAt, ExpiresAt, LastUsedAt);
    }

    private sealed record PasswordRow(long Subject, long Epoch, byte[] Secret);
}
