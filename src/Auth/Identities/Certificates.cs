using Registry.Storage.Metadata;

namespace Registry.Auth.Identities;

/// <summary>
/// Client certificates as credentials. Which authority may vouch for whom is configuration; here a certificate becomes a credential
/// of the subject it names when it is first used, so that it is listed, and can be revoked, like any other.
/// </summary>
public sealed class Certificates(Database database, Principals principals)
{
    private readonly Generations<string, long> known = new(10_000);

    /// <summary>The subject of a verified certificate, or null when it names nobody or was revoked.</summary>
    /// <param name="name">The name of the subject that the certificate is for.</param>
    /// <param name="thumbprint">SHA-256 of the certificate in hexadecimal.</param>
    /// <param name="expires">When the certificate ends.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public async ValueTask<Principal?> FindAsync(string name, string thumbprint, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        if (!known.TryGet(thumbprint, out var credential))
        {
            if (await RegisterAsync(name.ToLowerInvariant(), thumbprint, expires, cancellationToken) is not { } registered)
            {
                return null;
            }

            known.Set(thumbprint, credential = registered);
        }

        // The row is of whom the certificate named then; a certificate does not change.
        return await principals.FindAsync(credential, cancellationToken);
    }

    private Task<long?> RegisterAsync(string name, string thumbprint, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        var row = new { name, secret = Convert.FromHexString(thumbprint), label = $"certificate {thumbprint[..16]}", expires = expires.ToUnixTimeMilliseconds() };
        return database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync(
                    """
                    insert into credential (subject_id, kind, secret, name, created_at, expires_at)
                    select id, 4, @secret, @label, now_ms(), @expires from subject where name = @name and disabled_at is null
                    on conflict do nothing
                    """,
                    row);
                return await session.FirstAsync<long?>(
                    """
                    select c.id from credential c join subject s on s.id = c.subject_id
                    where c.secret = @secret and c.kind = 4 and c.revoked_at is null and s.name = @name
                    """,
                    row);
            },
            cancellationToken);
    }
}
