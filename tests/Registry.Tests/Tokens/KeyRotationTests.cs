using System.Collections.Concurrent;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Registry.Auth.Audit;
using Registry.Auth.Tokens;
using Registry.Auth.Tokens.Keys;
using Registry.Auth.Tokens.Trusted;
using Registry.Storage.Metadata;

namespace Registry.Tests.Tokens;

/// <summary>Keys come and go, and nobody notices.</summary>
public sealed class KeyRotationTests
{
    private static readonly IReadOnlyList<TokenAccess> Access = [new("repository", "team/app", ["pull"])];
    private static readonly Author Operator = new("ada", "192.0.2.1");

    [Theory]
    [Engines]
    public async Task A_change_of_keys_fails_no_check_on_any_replica(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var stop = new CancellationTokenSource();
        var options = new TokenOptions { KeyOverlap = TimeSpan.FromMilliseconds(500) };
        var replicas = new[] { new Replica(app, options), new Replica(app, options) };
        var failures = new ConcurrentQueue<string>();
        var first = replicas[0].Issue();

        var tending = replicas.Select(replica => Task.Run(() => replica.TendAsync(stop.Token))).ToArray();
        var load = replicas.Select((replica, i) => Task.Run(() => LoadAsync(replica, replicas[1 - i], failures, stop.Token))).ToArray();
        for (var i = 0; i < 4; i++)
        {
            var next = await replicas[i % 2].Keys.RotateAsync(Operator, CancellationToken.None);
            await Eventually.TrueAsync(() => Array.TrueForAll(replicas, replica => replica.Keys.Current.Kid == next.Kid), "all replicas sign with the new key");
        }

        await stop.CancelAsync();
        await Task.WhenAll([.. load, .. tending]);
        Assert.Empty(failures);
        Assert.All(replicas, replica => Assert.True(replica.Issued > 10, "the replica was idle"));
        Assert.Equal(TokenStatus.Valid, (await new Replica(app, options).CheckAsync(first)).Status);
    }

    [Theory]
    [Engines]
    public async Task A_new_key_is_published_before_it_signs(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var keys = app.Services.GetRequiredService<SigningKeys>();
        var before = keys.Current;

        var next = await keys.RotateAsync(Operator, CancellationToken.None);

        Assert.Equal(before, keys.Current);
        Assert.Equal([before, next], keys.All);
        Assert.Equal(TimeSpan.FromSeconds(60), next.ActiveAt - next.CreatedAt);
    }

    [Theory]
    [Engines]
    public async Task A_key_of_age_is_followed_by_one_new_key(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var keys = app.Services.GetRequiredService<SigningKeys>();
        var old = keys.Current;

        await ExecuteAsync(app, "update signing_key set created_at = created_at - 2592000000, active_at = active_at - 2592000000");
        await Eventually.TrueAsync(() => keys.All.Count > 1, "the next key is made");
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => keys.TendAsync(CancellationToken.None)));

        Assert.Equal(2, keys.All.Count);
        Assert.Equal(old.Kid, keys.Current.Kid);
    }

    [Theory]
    [Engines]
    public async Task A_key_that_appears_is_found_at_once(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var options = new TokenOptions { KeyOverlap = TimeSpan.Zero };
        var (one, other) = (new Replica(app, options), new Replica(app, options));

        await one.Keys.RotateAsync(Operator, CancellationToken.None);

        Assert.NotEqual(one.Keys.Current.Kid, other.Keys.Current.Kid);
        Assert.Equal(TokenStatus.Valid, (await other.CheckAsync(one.Issue())).Status);
    }

    [Theory]
    [Engines]
    public async Task A_key_that_is_removed_takes_along_what_was_remembered_of_its_tokens(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var verifier = app.Services.GetRequiredService<TokenVerifier>();
        var token = app.Services.GetRequiredService<TokenIssuer>().Issue("anna", 1, Access, []).Text;
        Assert.Equal(TokenStatus.Valid, (await verifier.VerifyAsync(token.AsMemory())).Status);

        await ExecuteAsync(app, "delete from signing_key");

        await Eventually.TrueAsync(async () => (await verifier.VerifyAsync(token.AsMemory())).Status == TokenStatus.Invalid, "the token is worth nothing");
        await Eventually.TrueAsync(() => app.Services.GetRequiredService<SigningKeys>().All.Count == 1, "there is a key again");
    }

    [Theory]
    [Engines]
    public async Task A_key_that_was_written_past_the_registry_is_not_trusted(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var foreign = PrivateKey.Generate(TokenAlgorithm.ES256);
        var verifier = app.Services.GetRequiredService<TokenVerifier>();
        var own = app.Services.GetRequiredService<TokenIssuer>().Issue("anna", 1, Access, []);

        await ExecuteAsync(
            app,
            """
            insert into signing_key (kid, algorithm, public_key, private_key, created_at, active_at)
            values (@kid, 'ES256', @publicKey, @privateKey, now_ms(), now_ms())
            """,
            new { kid = foreign.PublicKey.Thumbprint, publicKey = foreign.PublicKey.SubjectPublicKeyInfo, privateKey = foreign.Export() });

        var forged = Jwt.Write(own.Claims, "registry", foreign.PublicKey.Thumbprint, foreign);
        Assert.Equal(TokenStatus.Invalid, (await verifier.VerifyAsync(forged.AsMemory())).Status);
        Assert.Equal(TokenStatus.Valid, (await verifier.VerifyAsync(own.Text.AsMemory())).Status);
    }

    [Theory]
    [Engines]
    public async Task S40_private_keys_are_nowhere_in_the_database(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var secret = app.Services.GetRequiredService<SigningKeys>().Current.Key.Export();

        await using var session = await app.Services.GetRequiredService<Database>().ReadAsync(CancellationToken.None);
        var stored = await session.FirstAsync<byte[]>("select private_key from signing_key");
        var xml = await session.QueryAsync<string>("select xml from data_protection_key");

        // Bytes 36 to 68 of the PKCS #8 are the key.
        Assert.Equal(-1, stored.AsSpan().IndexOf(secret.AsSpan(36, 32)));
        Assert.NotEmpty(xml);
        Assert.All(xml, text => Assert.StartsWith("<sealed masterKey=", text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("EdDSA")]
    public async Task Another_algorithm_takes_over_while_the_old_key_goes_on(string algorithm)
    {
        using var directory = new TemporaryDirectory();
        string kid;
        await using (var before = await RegistryApp.StartAsync(Engine.Sqlite, ("DataDirectory", directory.Path)))
        {
            kid = before.Services.GetRequiredService<SigningKeys>().Current.Kid;
        }

        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, ("DataDirectory", directory.Path), ("Tokens:Algorithm", algorithm));
        var keys = app.Services.GetRequiredService<SigningKeys>();

        Assert.Equal(kid, keys.Current.Kid);
        Assert.Equal(["ES256", algorithm], keys.All.Select(key => key.Verification.Key.Algorithm.ToString()));
        await ExecuteAsync(app, "update signing_key set active_at = active_at - 60000");
        await Eventually.TrueAsync(() => keys.Current.Kid != kid, "the new key signs");
        var token = app.Services.GetRequiredService<TokenIssuer>().Issue("anna", 1, Access, []).Text;
        Assert.Equal(TokenStatus.Valid, (await app.Services.GetRequiredService<TokenVerifier>().VerifyAsync(token.AsMemory())).Status);
    }

    [Fact]
    [Trait("Needs", "postgres")]
    public async Task Replicas_that_start_together_have_one_key()
    {
        using var directory = new TemporaryDirectory();
        var database = await PostgresCluster.CreateDatabaseAsync();
        var settings = new[] { ("ConnectionStrings:Postgres", database), ("Keys:MasterKeyFile", directory.File("master.key")) };

        var objects = RunDirectory.Create("objects");

        var apps = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => RegistryApp.StartAsync(Engine.Postgres, [.. settings, ("DataDirectory", DataDirectories.Beside(objects))])));
        await using var one = apps[0];
        await using var other = apps[1];

        var key = Assert.Single(one.Services.GetRequiredService<SigningKeys>().All);
        Assert.Equal(key.Kid, Assert.Single(other.Services.GetRequiredService<SigningKeys>().All).Kid);
        var token = one.Services.GetRequiredService<TokenIssuer>().Issue("anna", 1, Access, []).Text;
        Assert.Equal(TokenStatus.Valid, (await other.Services.GetRequiredService<TokenVerifier>().VerifyAsync(token.AsMemory())).Status);
        Assert.Equal(["master.key"], Directory.GetFiles(directory.Path).Select(Path.GetFileName));
    }

    private static async Task LoadAsync(Replica from, Replica to, ConcurrentQueue<string> failures, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var check = await to.CheckAsync(from.Issue());
            if (check.Status != TokenStatus.Valid)
            {
                failures.Enqueue(check.Flaw!);
            }

            await Task.Yield();
        }
    }

    private static Task ExecuteAsync(RegistryApp app, string sql, object? parameters = null) =>
        app.Services.GetRequiredService<Database>().WriteAsync(session => session.ExecuteAsync(sql, parameters), CancellationToken.None);

    /// <summary>What another process would have, over the same database.</summary>
    private sealed class Replica
    {
        private readonly TokenIssuer _issuer;
        private readonly TokenVerifier _verifier;
        private int _issued;

        public Replica(RegistryApp app, TokenOptions options)
        {
            Keys = new(app.Services.GetRequiredService<Database>(), app.Services.GetRequiredService<IDataProtectionProvider>(), options, TimeProvider.System);
            _issuer = new(Keys, options, TimeProvider.System);
            _verifier = new(Keys, new TrustedIssuers(options, TimeProvider.System), options, TimeProvider.System);
            Keys.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        public SigningKeys Keys { get; }

        public int Issued => _issued;

        public string Issue()
        {
            Interlocked.Increment(ref _issued);
            return _issuer.Issue("anna", 1, Access, []).Text;
        }

        public async Task<TokenCheck> CheckAsync(string token) => await _verifier.VerifyAsync(token.AsMemory());

        public async Task TendAsync(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                await Keys.TendAsync(CancellationToken.None);
                await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
            }
        }
    }
}
