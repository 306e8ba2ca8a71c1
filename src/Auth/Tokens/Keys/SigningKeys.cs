using System.Collections.Frozen;
using Microsoft.AspNetCore.DataProtection;
using Registry.Auth.Audit;
using Registry.Storage.Metadata;

namespace Registry.Auth.Tokens.Keys;

/// <summary>
/// The keys of the token service, in the database for all replicas. A new key is published before it signs, and an old one
/// verifies until the last token it has signed is of no use, so that a change of keys fails no request on any replica.
/// </summary>
public sealed class SigningKeys : IDisposable
{
    // Replicas look every second; one whose database is slow for a while may sign with the old key a little longer.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan UnknownKeyPause = TimeSpan.FromSeconds(1);

    private readonly SigningKeyStore store;
    private readonly TokenOptions options;
    private readonly SharedRefresh unknown;
    private readonly SemaphoreSlim loading = new(1);
    private volatile Snapshot keys = Snapshot.Empty;

    /// <summary>Describes the keys; <see cref="StartAsync"/> reads them.</summary>
    public SigningKeys(Database database, IDataProtectionProvider protection, TokenOptions options, TimeProvider time)
    {
        store = new(database, protection);
        this.options = options;
        unknown = new(() => ReloadAsync(CancellationToken.None), UnknownKeyPause, time);
    }

    /// <summary>The key that signs now.</summary>
    /// <exception cref="InvalidOperationException">There is none: <see cref="StartAsync"/> has not been called.</exception>
    public SigningKey Current => keys.Current ?? throw new InvalidOperationException("there is no signing key yet");

    /// <summary>All keys whose signatures are accepted, and those that will sign soon, by age.</summary>
    public IReadOnlyList<SigningKey> All => keys.All;

    /// <summary>Reads the keys, and makes the first one, or the next one when the algorithm of the setting is another.</summary>
    /// <exception cref="UnreadableKeyException">A key in the database cannot be read.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReloadAsync(cancellationToken);
        if (keys.Newest?.Key.PublicKey.Algorithm != options.Algorithm)
        {
            await AddAsync(newest => newest?.Algorithm != options.Algorithm.ToString(), by: null, cancellationToken);
        }
    }

    /// <summary>Takes over what has changed in the database, and makes the next key when the newest has come of age. Called every second.</summary>
    /// <exception cref="UnreadableKeyException">A key in the database cannot be read; all others are taken over.</exception>
    public async Task TendAsync(CancellationToken cancellationToken)
    {
        var now = await ReloadAsync(cancellationToken);
        if (IsDue(keys.Newest?.CreatedAt, now))
        {
            await AddAsync(newest => IsDue(newest?.CreatedAt, newest?.ReadAt ?? now), by: null, cancellationToken);
        }
    }

    /// <summary>Makes a new key that takes over from all others, soon: it is published first. Returns it.</summary>
    public async Task<SigningKey> RotateAsync(Author by, CancellationToken cancellationToken)
    {
        var kid = await AddAsync(_ => true, by, cancellationToken);
        return keys.All.First(key => key.Kid == kid);
    }

    /// <summary>The key with this id; looks into the database when it is not known. Null when there is none.</summary>
    public ValueTask<VerificationKey?> FindAsync(string kid) => keys.Find(kid) is { } key ? new(key) : new(FindNewAsync(kid));

    /// <inheritdoc/>
    public void Dispose() => loading.Dispose();

    private bool IsDue(DateTimeOffset? created, DateTimeOffset now) => created is null || now - created >= options.KeyAge;

    private async Task<VerificationKey?> FindNewAsync(string kid)
    {
        await unknown.RequestAsync();
        return keys.Find(kid);
    }

    private async Task<string?> AddAsync(Func<StoredSigningKey?, bool> wanted, Author? by, CancellationToken cancellationToken)
    {
        // Made and protected before the transaction: both take time, and protecting may itself write to the database.
        var key = PrivateKey.Generate(options.Algorithm);
        var retireAfter = options.Lifetime + TokenOptions.Skew + TokenOptions.UploadGrace + Slack;
        var added = await store.AddAsync(key, wanted, by, options.KeyOverlap, retireAfter, cancellationToken);
        await ReloadAsync(cancellationToken);
        return added ? key.PublicKey.Thumbprint : null;
    }

    // Returns the time of the database; without any key there is none, nor a need for it.
    private async Task<DateTimeOffset> ReloadAsync(CancellationToken cancellationToken)
    {
        await loading.WaitAsync(cancellationToken);
        try
        {
            var stored = await store.ReadAsync(cancellationToken);
            var now = stored.Count > 0 ? stored[0].ReadAt : DateTimeOffset.MinValue;
            var before = keys;
            UnreadableKeyException? unreadable = null;
            var all = new List<SigningKey>(stored.Count);
            foreach (var row in stored)
            {
                try
                {
                    all.Add(before.ByKid.GetValueOrDefault(row.Kid)?.At(row.CreatedAt, row.ActiveAt) ?? store.Open(row));
                }
                catch (UnreadableKeyException e)
                {
                    unreadable = e;
                }
            }

            keys = new(all, all.FindLast(key => key.ActiveAt <= now));
            foreach (var gone in before.All.Where(key => keys.Find(key.Kid) is null))
            {
                gone.Verification.Withdraw();
            }

            return unreadable is null ? now : throw unreadable;
        }
        finally
        {
            loading.Release();
        }
    }

    // All is in the order in which the keys take over.
    private sealed record Snapshot(IReadOnlyList<SigningKey> All, SigningKey? Current)
    {
        public static readonly Snapshot Empty = new([], null);

        public FrozenDictionary<string, SigningKey> ByKid { get; } = All.ToFrozenDictionary(key => key.Kid);

        public SigningKey? Newest => All.Count > 0 ? All[^1] : null;

        public VerificationKey? Find(string kid) => ByKid.GetValueOrDefault(kid)?.Verification;
    }
}
