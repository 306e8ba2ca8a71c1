using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Registry.Auth.Audit;
using Registry.Storage.Metadata;

namespace Registry.Auth.Tokens.Keys;

/// <summary>The table of signing keys. Private keys are stored under data protection, each for its own id.</summary>
internal sealed class SigningKeyStore(Database database, IDataProtectionProvider protection)
{
    private const string Select = "select kid, algorithm, private_key, created_at, active_at, now_ms() from signing_key";

    /// <summary>The keys that are not out of use, in the order in which they take over.</summary>
    public async Task<IReadOnlyList<StoredSigningKey>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await ReadAsync(session, $"{Select} where retired_at is null or retired_at > now_ms() order by active_at, created_at, kid");
    }

    /// <summary>The key of a row.</summary>
    /// <exception cref="UnreadableKeyException">It cannot be read, or it is not the key that its id names.</exception>
    public SigningKey Open(StoredSigningKey row)
    {
        PrivateKey key;
        try
        {
            // The public half is taken from what was protected: whoever can only write to the database cannot add a key.
            key = PrivateKey.Import(Enum.Parse<TokenAlgorithm>(row.Algorithm), Protector(row.Kid).Unprotect(row.PrivateKey));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new UnreadableKeyException(row.Kid, e);
        }

        return key.PublicKey.Thumbprint == row.Kid ? new(row.Kid, key, row.CreatedAt, row.ActiveAt) : throw new UnreadableKeyException(row.Kid);
    }

    /// <summary>
    /// Adds a key that signs after the overlap, at once when it is the first, and sets the end of all others. False when another
    /// replica was faster: <paramref name="wanted"/> is asked with the newest key under a lock. Whoever asked for it is recorded.
    /// </summary>
    public Task<bool> AddAsync(
        PrivateKey key, Func<StoredSigningKey?, bool> wanted, Author? by, TimeSpan overlap, TimeSpan retireAfter, CancellationToken cancellationToken)
    {
        var kid = key.PublicKey.Thumbprint;
        var row = new
        {
            kid,
            algorithm = key.PublicKey.Algorithm.ToString(),
            publicKey = key.PublicKey.SubjectPublicKeyInfo,
            privateKey = Protector(kid).Protect(key.Export()),
            overlap = (long)overlap.TotalMilliseconds,
            retireAfter = (long)retireAfter.TotalMilliseconds,
        };
        return database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync(database.Dialect.LockTable("signing_key"));
                var newest = await ReadAsync(session, $"{Select} order by active_at desc, created_at desc, kid desc limit 1");
                if (!wanted(newest.Count > 0 ? newest[0] : null))
                {
                    return false;
                }

                await session.ExecuteAsync(
                    """
                    insert into signing_key (kid, algorithm, public_key, private_key, created_at, active_at)
                    select @kid, @algorithm, @publicKey, @privateKey, now_ms(),
                        case when exists (select 1 from signing_key where active_at <= now_ms()) then now_ms() + @overlap else now_ms() end;
                    update signing_key set retired_at = (select active_at from signing_key where kid = @kid) + @retireAfter
                    where retired_at is null and kid <> @kid;
                    delete from signing_key where retired_at <= now_ms();
                    """,
                    row);
                await (by is null ? Task.CompletedTask : AuditStore.AppendAsync(session, by.Did("key.rotate", kid)));
                return true;
            },
            cancellationToken);
    }

    // By hand: Dapper cannot tell what now_ms() is in a result of SQLite without rows.
    private static async Task<List<StoredSigningKey>> ReadAsync(Session session, string sql)
    {
        var keys = new List<StoredSigningKey>();
        await using var reader = await session.Prepare(sql).ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            keys.Add(new(reader.GetString(0), reader.GetString(1), (byte[])reader[2], Time(reader.GetInt64(3)), Time(reader.GetInt64(4)), Time(reader.GetInt64(5))));
        }

        return keys;

        static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }

    private IDataProtector Protector(string kid) => protection.CreateProtector("Registry.SigningKey", kid);
}

/// <summary>A row of the table of signing keys, and when it was read.</summary>
internal sealed record StoredSigningKey(
    string Kid, string Algorithm, byte[] PrivateKey, DateTimeOffset CreatedAt, DateTimeOffset ActiveAt, DateTimeOffset ReadAt);
