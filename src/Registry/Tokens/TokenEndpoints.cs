using Registry.Access;
using Registry.Auth;
using Registry.Auth.Audit;
using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Auth.Tokens;
using Registry.Mirror;
using Registry.Protocol;
using Registry.Storage.Oci;

namespace Registry.Tokens;

/// <summary>
/// Where clients get bearer tokens: GET as Docker does it ("Token Authentication Specification"), POST as OAuth2 does it
/// ("OAuth2 Token Authentication"). A scope that is not permitted never fails the request; only wrong credentials do.
/// </summary>
internal sealed class TokenEndpoints(
    Authentication authentication, TokenService tokens, RefreshTokens refreshTokens, Principals principals, UpstreamTable upstreams, TokenOptions options, AuditLog audit)
{
    /// <summary>The path of the token endpoint.</summary>
    public const string Path = "/token";

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(Path, GetAsync).Require(Permission.SignIn);
        app.MapPost(Path, PostAsync).Require(Permission.SignIn);
    }

    private async Task GetAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var identity = await authentication.IdentifyAsync(http);
        var offline = query["offline_token"] == "true" ? query["client_id"].ToString() : null;
        await AnswerAsync(http, identity, query["scope"], offline, refreshToken: null, inForm: false);
    }

    private async Task PostAsync(HttpContext http)
    {
        var form = await TokenForm.ReadAsync(http.Request);
        var offline = form["access_type"] == "offline" ? form["client_id"].ToString() : null;
        var refreshToken = form["refresh_token"].ToString();
        var identity = form["grant_type"].ToString() switch
        {
            "password" => await authentication.SignInAsync(http, form["username"].ToString(), form["password"].ToString()),
            "refresh_token" => await ByRefreshTokenAsync(refreshToken, http.RequestAborted),
            var other => throw new OciException(
                OciError.RequestInvalid, $"grant_type is \"{(other.Length > 40 ? other[..40] : other)}\"; allowed are password and refresh_token"),
        };
        await AnswerAsync(http, identity, form["scope"], offline, refreshToken is "" ? null : refreshToken, inForm: true);
    }

    private async Task<Identity> ByRefreshTokenAsync(string refreshToken, CancellationToken cancellationToken) =>
        await refreshTokens.FindAsync(refreshToken, cancellationToken) is { } credential
        && await principals.FindAsync(credential, cancellationToken) is { } principal
            ? new Identity(principal)
            : Identity.Invalid;

    private async Task AnswerAsync(
        HttpContext http, Identity identity, IEnumerable<string?> scopes, string? offlineClient, string? refreshToken, bool inForm)
    {
        // A bearer token must not beget others: it would outlive its time.
        var isAllowed = identity.Problem == CredentialProblem.None && identity.Token is null;
        var token = isAllowed ? await tokens.IssueAsync(identity.Principal, Named(http, ScopeList.Parse(scopes)), http.RequestAborted) : null;
        if (token is null)
        {
            throw new AccessRefusedException(Verdict.SignIn, identity.Problem == CredentialProblem.None ? Identity.Invalid : identity);
        }

        var refresh = offlineClient is null || !identity.Principal.IsKnown ? null
            : refreshToken ?? await refreshTokens.CreateAsync(identity.Principal.Credential, Cut(offlineClient), http.RequestAborted);
        if (identity.Principal.IsKnown)
        {
            audit.Record(new AuditEvent(identity.Principal.Name, http.Connection.RemoteIpAddress?.ToString(), "sign-in", null));
        }

        http.Response.Headers.CacheControl = "no-store";
        await JsonResponse.WriteAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteString("token", token.Text);
            json.WriteString("access_token", token.Text);
            json.WriteNumber("expires_in", (long)options.Lifetime.TotalSeconds);
            json.WriteString("issued_at", token.Claims.IssuedAt!.Value.UtcDateTime);
            if (inForm)
            {
                json.WriteString("token_type", "Bearer");
                json.WriteString("scope", string.Join(' ', token.Claims.Access.Select(scope => $"{scope.Type}:{scope.Name}:{string.Join(',', scope.Actions)}")));
            }

            if (refresh is not null)
            {
                json.WriteString("refresh_token", refresh);
            }

            json.WriteEndObject();
        });
    }

    // What is asked for through a mirror's door, or by another name, is known by one name here; so are the requests that follow.
    private IReadOnlyList<TokenAccess> Named(HttpContext http, IReadOnlyList<TokenAccess> scopes) => upstreams.All.Count == 0 ? scopes
        : [.. scopes.Select(scope => scope.Type == TokenAccess.Repository && RepositoryName.TryParse(scope.Name, out var name)
            && upstreams.OfNamespace(scope.Name) is null && upstreams.Find(name, Door.Of(http)?.Upstream) is { } mirrored
                ? scope with { Name = mirrored.Name.Value }
                : scope)];

    private static string Cut(string text) => text.Length > 100 ? text[..100] : text;
}
