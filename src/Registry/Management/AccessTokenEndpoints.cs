using Registry.Auth.Identities;
using Registry.Auth.Permissions;

namespace Registry.Management;

/// <summary>The access tokens of a user, for programs that act in its name.</summary>
internal sealed class AccessTokenEndpoints(CredentialStore credentials)
{
    private const string Path = UserEndpoints.One + "/tokens";
    private const string One = Path + "/{id}";
    private const int MaxLimits = 100;

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapList<TokenView>(Path, ListAsync, "Lists the access tokens of a user");
        app.MapCreate<NewToken, IssuedToken>(Path, PostAsync, "Makes an access token; the answer alone has its secret");
        app.MapRead<TokenView>(One, GetAsync, "Shows an access token");
        app.MapRemove(One, DeleteAsync, "Revokes an access token");
    }

    private async Task ListAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Account(http.Named("user")));
        var page = ManagementPage.Read(http.Request);
        var found = await credentials.ListAsync(http.Named("user"), CredentialKind.AccessToken, page.AfterId ?? 0, page.Limit, http.RequestAborted);
        await ManagementJson.ListAsync(http, page.Cut(http, found, token => $"{token.Id}").Select(TokenView.Of));
    }

    private async Task PostAsync(HttpContext http)
    {
        var user = http.Named("user");
        http.Demand(ManagementRequest.Account(user));
        var wanted = await ManagementJson.ReadAsync<NewToken>(http);
        var issued = await credentials.CreateTokenAsync(
            http.Author(),
            user,
            Input.Label("name", wanted.Name),
            LimitsOf(wanted.Limits),
            Input.Lifetime("expiresInSeconds", wanted.ExpiresInSeconds),
            http.Principal().Credential,
            http.RequestAborted);
        var token = TokenView.Of(issued.Found().Credential);
        await ManagementJson.CreatedAsync(http, $"{UserEndpoints.Location(user)}/tokens/{token.Id}", new IssuedToken(token, issued!.Secret));
    }

    private async Task GetAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Account(http.Named("user")));
        var token = await credentials.FindAsync(http.Named("user"), CredentialKind.AccessToken, http.Numbered("id"), http.RequestAborted);
        await ManagementJson.WriteAsync(http, TokenView.Of(token.Found()));
    }

    private async Task DeleteAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Account(http.Named("user")));
        await http.DoneAsync(await credentials.RevokeAsync(
            http.Author(), http.Named("user"), CredentialKind.AccessToken, http.Numbered("id"), http.RequestAborted));
    }

    private static CredentialLimits? LimitsOf(IReadOnlyList<TokenLimit>? limits)
    {
        if (limits is null)
        {
            return null;
        }

        if (limits.Count is 0 or > MaxLimits || limits.Any(limit => limit?.Actions is not { Count: > 0 }))
        {
            throw Input.Invalid("limits", $"give 1 to {MaxLimits} entries with the actions that are allowed, or none at all for a token without limits");
        }

        return new CredentialLimits(limits.Select(Entry).ToList());
    }

    private static CredentialLimits.Entry Entry(TokenLimit limit) => limit.Actions.All(CredentialLimits.Actions.Contains)
        ? new CredentialLimits.Entry(Input.Pattern("limits.names", limit.Names).Text, limit.Actions.Distinct().ToList())
        : throw Input.Invalid("limits.actions", $"allowed are {string.Join(", ", CredentialLimits.Actions)}");
}

/// <summary>An access token to make. Without limits it may do all that its user may, without an expiry until it is revoked.</summary>
internal sealed record NewToken(string Name, IReadOnlyList<TokenLimit>? Limits = null, long? ExpiresInSeconds = null);

/// <summary>Names, and the actions (pull, push, delete) that are allowed there.</summary>
internal sealed record TokenLimit(string Names, IReadOnlyList<string> Actions);

/// <summary>An access token without its secret.</summary>
internal sealed record TokenView(
    long Id, string? Name, IReadOnlyList<TokenLimit>? Limits, DateTime CreatedAt, DateTime? ExpiresAt, DateTime? LastUsedAt)
{
    public static TokenView Of(Credential credential) => new(
        credential.Id,
        credential.Name,
        credential.Limits?.Entries.Select(entry => new TokenLimit(entry.Names, entry.Actions)).ToList(),
        Input.Time(credential.CreatedAt),
        Input.Time(credential.ExpiresAt),
        Input.Time(credential.LastUsedAt));
}

/// <summary>A credential with its secret, which is shown this once.</summary>
internal sealed record IssuedToken(TokenView Token, string Secret);
