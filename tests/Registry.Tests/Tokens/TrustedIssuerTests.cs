using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Registry.Auth.Tokens;
using Registry.Auth.Tokens.Keys;
using Registry.Auth.Tokens.Trusted;
using Registry.Configuration;

namespace Registry.Tests.Tokens;

/// <summary>Tokens of external token servers, whatever they name their keys by.</summary>
public sealed class TrustedIssuerTests(TokenBench bench) : IClassFixture<TokenBench>, IDisposable
{
    private const string Name = "https://auth.example";

    private readonly TemporaryDirectory _directory = new();
    private readonly Clock _clock = new();
    private readonly ECDsa _ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static TheoryData<TokenAlgorithm> Algorithms => [.. Enum.GetValues<TokenAlgorithm>()];

    public void Dispose()
    {
        _directory.Dispose();
        _ecdsa.Dispose();
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task A_public_key_in_PEM_has_all_the_ids_that_servers_give_it(TokenAlgorithm algorithm)
    {
        var key = PrivateKey.Generate(algorithm);
        var verifier = await TrustAsync(PemEncoding.WriteString("PUBLIC KEY", key.PublicKey.SubjectPublicKeyInfo));

        foreach (var kid in KeyIds.Of(key.PublicKey))
        {
            var check = await CheckAsync(verifier, Forgery.Token(Header(kid, algorithm), Payload(), content => key.Sign(content)));
            Assert.Equal((TokenStatus.Valid, null), (check.Status, check.Flaw));
        }
    }

    [Fact]
    public async Task What_only_we_know_is_not_believed()
    {
        var verifier = await TrustAsync(Pem());

        var check = await CheckAsync(verifier, Forgery.Token(Header(), bench.Payload().With("iss", Name).With("asked", new JsonArray()), _ecdsa.SignSha256));

        Assert.Equal((TokenStatus.Valid, true, "anna", null), (check.Status, check.Claims!.External, check.Claims.Subject, check.Claims.CredentialId));
        Assert.Equivalent(new TokenAccess("repository", "team/app", ["pull"]), Assert.Single(check.Claims.Access), strict: true);
    }

    [Fact]
    public async Task Typ_and_times_other_than_the_expiry_may_be_missing()
    {
        var verifier = await TrustAsync(Pem());

        var check = await CheckAsync(
            verifier, Forgery.Token(Header().Without("typ"), Payload().Without("iat").Without("nbf").Without("sub").Without("access"), _ecdsa.SignSha256));

        Assert.Equal((TokenStatus.Valid, ""), (check.Status, check.Claims!.Subject));
    }

    [Fact]
    public async Task S25_an_issuer_has_no_other_keys_than_its_own()
    {
        var verifier = await TrustAsync(Pem());
        var forgeries = new[]
        {
            Forgery.Token(bench.Header(), Payload(), bench.Sign),
            Forgery.Token(Header(), bench.Payload(), _ecdsa.SignSha256),
            Forgery.Token(Header(), Payload().With("aud", "other"), _ecdsa.SignSha256),
            Forgery.Token(Header(), Payload().With("iss", Name + "/"), _ecdsa.SignSha256),
            Forgery.Token(Header(), Payload().Without("exp"), _ecdsa.SignSha256),
            Forgery.Token(Header(), Payload().With("nbf", DateTimeOffset.UtcNow.AddMinutes(2).ToUnixTimeSeconds()), _ecdsa.SignSha256),
            Forgery.Token(Header().With("typ", "at+jwt"), Payload(), _ecdsa.SignSha256),
            Forgery.Token(Header().With("alg", "none"), Payload(), _ => []),
        };

        Assert.All(await Task.WhenAll(forgeries.Select(token => CheckAsync(verifier, token))), check => Assert.Equal(TokenStatus.Invalid, check.Status));
    }

    [Fact]
    public async Task A_certificate_that_leads_to_the_bundle_signs_by_x5c()
    {
        using var root = Certificates.SelfSigned(out _);
        using var leaf = Certificates.Issue(root, _ecdsa, DateTimeOffset.UtcNow.AddHours(1));
        using var old = Certificates.Issue(root, _ecdsa, DateTimeOffset.UtcNow.AddHours(-1));
        using var foreignRoot = Certificates.SelfSigned(out _);
        using var foreign = Certificates.Issue(foreignRoot, _ecdsa, DateTimeOffset.UtcNow.AddHours(1));
        var verifier = await TrustAsync(root.ExportCertificatePem());

        Assert.Equal(TokenStatus.Valid, (await CheckAsync(verifier, Chained(_ecdsa, leaf))).Status);
        Assert.Equal(TokenStatus.Valid, (await CheckAsync(verifier, Chained(_ecdsa, leaf, root))).Status);
        Assert.Equal(TokenStatus.Invalid, (await CheckAsync(verifier, Chained(_ecdsa, old))).Status);
        Assert.Equal(TokenStatus.Invalid, (await CheckAsync(verifier, Chained(_ecdsa, foreign, root))).Status);
        Assert.Equal(TokenStatus.Invalid, (await CheckAsync(verifier, Chained(_ecdsa, foreign, foreignRoot))).Status);
        Assert.Equal(TokenStatus.Invalid, (await CheckAsync(verifier, Chained(_ecdsa, root))).Status);
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal(TokenStatus.Invalid, (await CheckAsync(verifier, Chained(stranger, leaf))).Status);

        _clock.Pass(TimeSpan.FromHours(2));
        Assert.Equal(TokenStatus.Invalid, (await CheckAsync(verifier, Chained(_ecdsa, leaf))).Status);
    }

    [Fact]
    public async Task A_certificate_of_the_bundle_itself_signs_by_x5c_and_by_its_ids()
    {
        using var certificate = Certificates.SelfSigned(out var key);
        var verifier = await TrustAsync(certificate.ExportCertificatePem());

        Assert.Equal(TokenStatus.Valid, (await CheckAsync(verifier, Chained(key, certificate))).Status);
        var kid = KeyIds.Fingerprint(EcPublicKey.Of(key)!);
        Assert.Equal(TokenStatus.Valid, (await CheckAsync(verifier, Forgery.Token(Header(kid), Payload(), key.SignSha256))).Status);
    }

    [Fact]
    public async Task Certificates_in_a_token_mean_nothing_where_only_keys_were_configured()
    {
        using var certificate = Certificates.SelfSigned(out var key);
        var verifier = await TrustAsync(Pem());

        Assert.Equal(TokenStatus.Invalid, (await CheckAsync(verifier, Chained(key, certificate))).Status);
    }

    [Fact]
    public async Task Keys_at_an_address_are_followed_and_outlive_it()
    {
        await using var server = await KeyServer.StartAsync();
        var first = PrivateKey.Generate(TokenAlgorithm.ES256);
        var second = PrivateKey.Generate(TokenAlgorithm.EdDSA);
        server.Body = Set(first);
        var verifier = Verifier($"{server.Address}keys", out var trusted);

        // Nothing was read at the start: the first token is the reason to.
        Assert.Equal(TokenStatus.Valid, (await CheckAsync(verifier, Signed(first))).Status);

        server.Body = Set(second);
        Assert.Equal(TokenStatus.Invalid, (await CheckAsync(verifier, Signed(second))).Status); // looked at less than ten seconds ago
        _clock.Pass(TimeSpan.FromSeconds(11));
        Assert.Equal(TokenStatus.Valid, (await CheckAsync(verifier, Signed(second))).Status);
        Assert.Equal(TokenStatus.Invalid, (await CheckAsync(verifier, Signed(first))).Status);

        server.Status = HttpStatusCode.InternalServerError;
        _clock.Pass(TimeSpan.FromMinutes(11));
        Assert.Contains("500", Assert.Single(await trusted.TendAsync(CancellationToken.None)).Message, StringComparison.Ordinal);
        Assert.Equal(TokenStatus.Valid, (await CheckAsync(verifier, Signed(second))).Status);
    }

    [Fact]
    public async Task Unknown_keys_are_asked_for_once_in_ten_seconds()
    {
        await using var server = await KeyServer.StartAsync();
        server.Body = Set(PrivateKey.Generate(TokenAlgorithm.ES256));
        var verifier = Verifier($"{server.Address}keys", out _);

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(TokenStatus.Invalid, (await CheckAsync(verifier, Signed(PrivateKey.Generate(TokenAlgorithm.ES256)))).Status);
        }

        Assert.Equal(1, server.Requests);
    }

    [Theory]
    [InlineData("/moved", true)]
    [InlineData("//localhost:{port}/keys", false)]
    [InlineData("/loop", false)]
    public async Task A_redirect_is_followed_on_the_same_host_alone(string location, bool followed)
    {
        await using var server = await KeyServer.StartAsync();
        var key = PrivateKey.Generate(TokenAlgorithm.ES256);
        server.Body = Set(key);
        server.Location = location.Replace("{port}", $"{server.Address.Port}", StringComparison.Ordinal);
        var verifier = Verifier($"{server.Address}redirect", out _);

        Assert.Equal(followed ? TokenStatus.Valid : TokenStatus.Invalid, (await CheckAsync(verifier, Signed(key))).Status);
    }

    [Fact]
    public async Task A_set_of_keys_that_never_ends_is_not_read_to_its_end()
    {
        await using var server = await KeyServer.StartAsync();
        server.Body = Set(PrivateKey.Generate(TokenAlgorithm.ES256)) + new string(' ', 1 << 20);
        Verifier($"{server.Address}keys", out var trusted);

        Assert.Single(await trusted.TendAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData("", "no key")]
    [InlineData("{\"keys\":[]}", "no key")]
    [InlineData("{", "no JSON Web Key Set")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "PRIVATE KEY")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "certificate")]
    public async Task A_file_without_keys_stops_the_start(string text, string message)
    {
        await File.WriteAllTextAsync(_directory.File("keys"), text);

        var exception = await Assert.ThrowsAsync<ConfigurationException>(
            () => RegistryApp.StartAsync(Engine.Sqlite, ("Tokens:Trusted:0:Issuer", Name), ("Tokens:Trusted:0:Keys", _directory.File("keys"))));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.Contains(Name, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Tokens:Trusted:0:Issuer", "", "Tokens:Trusted:0:Issuer")]
    [InlineData("Tokens:Trusted:0:Issuer", "registry", "another issuer")]
    [InlineData("Tokens:Trusted:0:Keys", "", "Tokens:Trusted:0:Keys")]
    [InlineData("Tokens:Trusted:0:Keys", "ftp://auth.example/keys", "http or https")]
    [InlineData("Tokens:Trusted:0:Key", "x", "Tokens:Trusted:0:Key is not a setting")]
    [InlineData("Tokens:Algorithm", "HS256", "ES256, RS256, EdDSA")]
    [InlineData("Tokens:Algorithm", "0", "ES256, RS256, EdDSA")]
    [InlineData("Tokens:KeyAge", "00:01:00", "01:00:00")]
    [InlineData("Tokens:Service", "a\"b", "quotes")]
    [InlineData("Tokens:Secret", "x", "Tokens:Secret is not a setting")]
    public async Task A_wrong_setting_stops_the_start(string key, string value, string message)
    {
        await File.WriteAllTextAsync(_directory.File("keys"), Pem());

        var exception = await Assert.ThrowsAsync<ConfigurationException>(() => RegistryApp.StartAsync(
            Engine.Sqlite, ("Tokens:Trusted:0:Issuer", Name), ("Tokens:Trusted:0:Keys", _directory.File("keys")), (key, value)));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private static async Task<TokenCheck> CheckAsync(TokenVerifier verifier, string token) => await verifier.VerifyAsync(token.AsMemory());

    private static string Set(PrivateKey key) =>
        Encoding.UTF8.GetString(Jwks.Write([new SigningKey(key.PublicKey.Thumbprint, key, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow)]));

    private string Signed(PrivateKey key) => Forgery.Token(Header(key.PublicKey.Thumbprint, key.PublicKey.Algorithm), Payload(), content => key.Sign(content));

    private string Pem() => _ecdsa.ExportSubjectPublicKeyInfoPem();

    private JsonObject Header(string? kid = null, TokenAlgorithm algorithm = TokenAlgorithm.ES256) =>
        new() { ["typ"] = "JWT", ["alg"] = algorithm.ToString(), ["kid"] = kid ?? EcPublicKey.Of(_ecdsa)!.Thumbprint };

    // Of an issuer whose tokens live long.
    private JsonObject Payload() => bench.Payload().With("iss", Name).With("exp", DateTimeOffset.UtcNow.AddDays(1).ToUnixTimeSeconds());

    private string Chained(ECDsa key, params X509Certificate2[] chain) => Forgery.Token(
        Header().Without("kid").With("x5c", new JsonArray([.. chain.Select(certificate => JsonValue.Create(Convert.ToBase64String(certificate.RawData)))])),
        Payload().With("jti", Guid.NewGuid().ToString()),
        key.SignSha256);

    private async Task<TokenVerifier> TrustAsync(string keys)
    {
        await File.WriteAllTextAsync(_directory.File("keys"), keys);
        var verifier = Verifier(_directory.File("keys"), out var trusted);
        await trusted.StartAsync(CancellationToken.None);
        return verifier;
    }

    private TokenVerifier Verifier(string keys, out TrustedIssuers trusted)
    {
        var options = bench.Options with { Trusted = [new(Name, bench.Options.Service, keys)] };
        trusted = new TrustedIssuers(options, _clock);
        return new TokenVerifier(bench.Keys, trusted, options, _clock);
    }
}
