using Registry.Access;
using Registry.Auth.Tokens;
using Registry.Auth.Tokens.Keys;
using Registry.Edge;
using Registry.Protocol;

namespace Registry.Tokens;

/// <summary>What others need to trust our tokens: OpenID Connect Discovery 1.0 and the key set (RFC 7517).</summary>
internal sealed class DiscoveryEndpoints(SigningKeys keys, TokenOptions options, PublicAddress address)
{
    private const string KeySet = "/.well-known/jwks.json";

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/.well-known/openid-configuration", [HttpMethods.Get, HttpMethods.Head], DiscoverAsync).Require(Permission.Probe);
        app.MapMethods(KeySet, [HttpMethods.Get, HttpMethods.Head], KeysAsync).Require(Permission.Probe);
    }

    private Task DiscoverAsync(HttpContext http) => JsonResponse.WriteAsync(http, json =>
    {
        var own = address.Of(http);
        json.WriteStartObject();
        json.WriteString("issuer", options.Issuer);
        json.WriteString("token_endpoint", own + TokenEndpoints.Path);
        json.WriteString("jwks_uri", own + KeySet);
        Write("grant_types_supported", "password", "refresh_token");
        Write("response_types_supported", "token");
        Write("subject_types_supported", "public");
        Write("id_token_signing_alg_values_supported", [.. keys.All.Select(key => key.Verification.Key.Algorithm.ToString()).Distinct()]);
        Write("token_endpoint_auth_methods_supported", "client_secret_basic", "none");
        json.WriteEndObject();

        void Write(string name, params string[] values)
        {
            json.WriteStartArray(name);
            foreach (var value in values)
            {
                json.WriteStringValue(value);
            }

            json.WriteEndArray();
        }
    });

    private Task KeysAsync(HttpContext http)
    {
        var body = Jwks.Write(keys.All);
        http.Response.Headers.CacheControl = "public, max-age=10";
        http.Response.ContentType = "application/jwk-set+json";
        http.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(body).AsTask();
    }
}
