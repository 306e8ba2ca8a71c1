using System.Text;
using Registry.Auth.Passwords;
using Registry.Storage.Metadata;

namespace Registry.Auth.Identities;

/// <summary>
/// What the dearest of the passwords costs that came with an htpasswd file and are still stored as they came. As long as there is one,
/// every wrong password is made to take that long.
/// </summary>
public sealed class ImportedPasswords(Database database, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly byte[] Prefix = "$2"u8.ToArray();

    private volatile Look? last;

    /// <summary>The cost as it was at most a minute ago; 0 where there is no such password.</summary>
    public async ValueTask<int> CostAsync(CancellationToken cancellationToken)
    {
        var look = last;
        if (look is null || time.GetElapsedTime(look.At) >= Interval)
        {
            last = look = new Look(await ReadAsync(cancellationToken), time.GetTimestamp());
        }

        return look.Cost;
    }

    // A hash begins with its version and its cost, as in $2y$12$.
    private async Task<int> ReadAsync(CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var dearest = await session.FirstAsync<byte[]>(
            """
            select secret from credential where kind = 1 and revoked_at is null and substr(secret, 1, 2) = @Prefix
            order by substr(secret, 5, 2) desc limit 1
            """,
            new { Prefix });
        return dearest is null ? 0 : PasswordHash.ImportedCostOf(Encoding.UTF8.GetString(dearest));
    }

    private sealed record Look(int Cost, long At);
}
