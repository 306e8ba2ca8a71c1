using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Registry.Auth.Tokens.Keys;
using Registry.Tests.Tokens;

namespace Registry.Tests.Upstreams;

/// <summary>A token server for Debian's docker-registry, which knows keys by libtrust's fingerprint and takes them out of certificates.</summary>
internal sealed class DistributionTokens : IAsyncDisposable
{
    private const string Issuer = "upstream tokens";
    private const string Service = "upstream registry";

    private readonly TemporaryDirectory _directory = new();
    private readonly HostileUpstream _server;
    private readonly ECDsa _key;

    private DistributionTokens(HostileUpstream server)
    {
        _server = server;
        using var certificate = Certificates.SelfSigned(out _key);
        File.WriteAllText(_directory.File("bundle.pem"), certificate.ExportCertificatePem());
        server.Faults.Answer(request => request.Path == "/token", AnswerAsync);
    }

    /// <summary>Who may pull; everyone gets a token.</summary>
    public Account Reader { get; } = new("anna", "secret of anna");

    public IReadOnlyList<SeenRequest> Requests => _server.RequestsFor("/token");

    /// <summary>The section of docker-registry's configuration.</summary>
    public string Configuration => $"""
        auth:
          token:
            realm: {_server.Address}token
            service: {Service}
            issuer: {Issuer}
            rootcertbundle: {_directory.File("bundle.pem")}
        """;

    public static async Task<DistributionTokens> StartAsync() => new(await HostileUpstream.StartAsync());

    /// <summary>A token for anything.</summary>
    public string Issue(string repository, params string[] actions)
    {
        var now = DateTimeOffset.UtcNow;
        var access = new JsonObject { ["type"] = "repository", ["name"] = repository, ["actions"] = new JsonArray([.. actions.Select(action => JsonValue.Create(action))]) };
        return Forgery.Token(
            new JsonObject { ["typ"] = "JWT", ["alg"] = "ES256", ["kid"] = KeyIds.Fingerprint(EcPublicKey.Of(_key)!) },
            new JsonObject
            {
                ["iss"] = Issuer,
                ["sub"] = Reader.Name,
                ["aud"] = Service,
                ["nbf"] = now.AddMinutes(-1).ToUnixTimeSeconds(),
                ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
                ["access"] = new JsonArray(access),
            },
            _key.SignSha256);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _key.Dispose();
        _directory.Dispose();
    }

    private Task AnswerAsync(HttpContext context)
    {
        var isReader = context.Request.Headers.Authorization == Reader.Basic.ToString();
        var repository = context.Request.Query["scope"].ToString().Split(':')[1];
        return context.Response.WriteAsJsonAsync(new { token = Issue(repository, isReader ? ["pull"] : []), expires_in = 300 });
    }
}
