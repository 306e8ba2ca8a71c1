using Registry.Auth.Tokens;
using Registry.Storage.Metadata;

namespace Registry.Auth.Identities;

/// <summary>
/// Refresh tokens (RFC 6749, 1.5), which docker keeps in place of a password. They are given for passwords only: an access token is
/// as good itself. Clients do not store a new one, so they are not exchanged on use; each lasts as long as it is used and its
/// password is not changed.
/// </summary>
public sealed class RefreshTokens(Database database, TokenOptions options, LastUse lastUse)
{
    // A person signs in on a few machines; a script that signs in all the time must not fill the table.
    private const int MaxPerPassword = 100;

    private long Lifetime => (long)options.RefreshLifetime.TotalMilliseconds;

    /// <summary>A new refresh token for a password; null when the credential is another.</summary>
    /// <param name="credential">What was shown.</param>
    /// <param name="client">What the client calls itself.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public async Task<string?> CreateAsync(long credential, string client, CancellationToken cancellationToken)
    {
        var token = Secrets.Create(Secrets.Refresh);
        var created = await database.WriteAsync(
            async session =>
            {
                // Locked first: a password that is changed meanwhile ends what was given for it, or nothing is given.
                await session.FirstAsync<long?>($"select id from credential where id = @credential {database.Dialect.ForKeyShare}", new { credential });
                var rows = await session.ExecuteAsync(
                    """
                    insert into credential (subject_id, kind, parent_id, secret, name, created_at, expires_at)
                    select subject_id, 3, id, @secret, @client, now_ms(), now_ms() + @Lifetime from credential
                    where id = @credential and kind = 1 and revoked_at is null
                    """,
                    new { credential, secret = Secrets.Hash(token), client, Lifetime });
                await session.ExecuteAsync(
                    """
                    update credential set revoked_at = now_ms() where parent_id = @credential and revoked_at is null
                      and id < (select min(id) from (select id from credential where parent_id = @credential order by id desc limit @Max) newest)
                    """,
                    new { credential, Max = MaxPerPassword });
                return rows;
            },
            cancellationToken);
        return created == 1 ? token : null;
    }

    /// <summary>Whose refresh token it is; null when it is nobody's, or not any more.</summary>
    public async Task<long?> FindAsync(string token, CancellationToken cancellationToken)
    {
        if (!token.StartsWith(Secrets.Refresh, StringComparison.Ordinal))
        {
            return null;
        }

        Row? row;
        await using (var session = await database.ReadAsync(cancellationToken))
        {
            row = await session.FirstAsync<Row>(
                """
                select id as Id, expires_at - now_ms() as Remaining from credential
                where secret = @secret and kind = 3 and revoked_at is null and expires_at > now_ms()
                """,
                new { secret = Secrets.Hash(token) });
        }

        lastUse.Note(row?.Id ?? 0);

        // Renewed once in a while, not on every use.
        if (row is not null && row.Remaining < Lifetime * 9 / 10)
        {
            await database.WriteAsync(
                session => session.ExecuteAsync(
                    "update credential set expires_at = now_ms() + @Lifetime where id = @Id and revoked_at is null",
                    new { row.Id, Lifetime }),
                Durability.Relaxed,
                cancellationToken);
        }

        return row?.Id;
    }

    private sealed record Row(long Id, long Remaining);
}
