using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Registry.Auth.Tokens;
using Registry.Auth.Tokens.Keys;

namespace Registry.Tests.Tokens;

/// <summary>A running registry, for the tests of one class, with what its tokens are made and checked with.</summary>
public sealed class TokenBench : IAsyncLifetime
{
    private RegistryApp? _app;

    public RegistryApp App => _app!;

    public TokenOptions Options => Service<TokenOptions>();

    public SigningKeys Keys => Service<SigningKeys>();

    public TokenVerifier Verifier => Service<TokenVerifier>();

    public TokenIssuer Issuer => Service<TokenIssuer>();

    internal PrivateKey Key => Keys.Current.Key;

    public async Task InitializeAsync() => _app = await RegistryApp.StartAsync();

    public async Task DisposeAsync() => await _app!.DisposeAsync();

    public IssuedToken Issue() =>
        Issuer.Issue("anna", 7, [new("repository", "team/app", ["pull"], 12)], [new("repository", "team/app", ["pull", "push"])]);

    public async Task<TokenCheck> CheckAsync(string token) => await Verifier.VerifyAsync(token.AsMemory());

    /// <summary>The header of a token of ours.</summary>
    public JsonObject Header() => new() { ["typ"] = "JWT", ["alg"] = Key.PublicKey.Algorithm.ToString(), ["kid"] = Keys.Current.Kid };

    /// <summary>The claims of a token of ours.</summary>
    public JsonObject Payload()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return new()
        {
            ["iss"] = Options.Issuer,
            ["sub"] = "anna",
            ["aud"] = Options.Service,
            ["exp"] = now + 300,
            ["nbf"] = now - 10,
            ["iat"] = now,
            ["jti"] = "1",
            ["cid"] = 7,
            ["access"] = new JsonArray(new JsonObject { ["type"] = "repository", ["name"] = "team/app", ["actions"] = new JsonArray("pull"), ["id"] = 12 }),
        };
    }

    public byte[] Sign(byte[] content) => Key.Sign(content);

    private T Service<T>() where T : notnull => _app!.Services.GetRequiredService<T>();
}
