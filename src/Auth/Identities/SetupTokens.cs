using Registry.Auth.Audit;
using Registry.Auth.Tokens;
using Registry.Storage.Metadata;

namespace Registry.Auth.Identities;

/// <summary>What lets the first administrator in from another machine: shown to whoever starts the registry, for one use within a day.</summary>
public sealed class SetupTokens(Database database)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    /// <summary>Whether there is no user yet.</summary>
    public async Task<bool> IsNeededAsync(CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return !await UserStore.AnyAsync(session);
    }

    /// <summary>A new token; null when there is a user already.</summary>
    public Task<string?> CreateAsync(CancellationToken cancellationToken)
    {
        var token = Secrets.Create(Secrets.Setup);
        return database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync("delete from setup_token where expires_at <= now_ms()");
                var made = await session.ExecuteAsync(
                    """
                    insert into setup_token (secret, created_at, expires_at) select @secret, now_ms(), now_ms() + @lifetime
                    where not exists (select 1 from subject)
                    """,
                    new { secret = Secrets.Hash(token), lifetime = (long)Lifetime.TotalMilliseconds });
                return made == 1 ? token : null;
            },
            cancellationToken);
    }

    /// <summary>Whether the token could be used now, asked before the password is hashed.</summary>
    public async Task<bool> IsValidAsync(string token, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await IsValidAsync(session, token);
    }

    /// <summary>
    /// Makes the first administrator and ends all tokens; null when the token does not hold any more. Of two who try at once, one
    /// waits for the other, and finds its token gone.
    /// </summary>
    public Task<User?> RedeemAsync(string token, string? address, string name, string hash, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync(database.Dialect.LockTable("setup_token"));
                if (!await IsValidAsync(session, token) || await UserStore.AnyAsync(session))
                {
                    return null;
                }

                var user = await UserStore.InsertAsync(session, name, hash, administrator: true);
                await session.ExecuteAsync("delete from setup_token");
                await AuditStore.AppendAsync(session, new Author(name, address).Did("setup", name));
                return user;
            },
            cancellationToken);

    private static async Task<bool> IsValidAsync(Session session, string token) => await session.FirstAsync<long?>(
        "select 1 from setup_token where secret = @secret and expires_at > now_ms()", new { secret = Secrets.Hash(token) }) is not null;
}
