using Registry.Auth.Identities;
using Registry.Auth.Permissions;

namespace Registry.Management;

/// <summary>The sessions of a user: the clients that have kept a refresh token in place of the password.</summary>
internal sealed class SessionEndpoints(CredentialStore credentials)
{
    private const string Path = UserEndpoints.One + "/sessions";
    private const string One = Path + "/{id}";

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapList<SessionView>(Path, ListAsync, "Lists the sessions of a user");
        app.MapRemove(Path, DeleteAllAsync, "Ends all sessions of a user");
        app.MapRemove(One, DeleteAsync, "Ends a session");
    }

    private async Task ListAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Account(http.Named("user")));
        var page = ManagementPage.Read(http.Request);
        var found = await credentials.ListAsync(http.Named("user"), CredentialKind.RefreshToken, page.AfterId ?? 0, page.Limit, http.RequestAborted);
        await ManagementJson.ListAsync(http, page.Cut(http, found, session => $"{session.Id}").Select(SessionView.Of));
    }

    private async Task DeleteAllAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Account(http.Named("user")));
        await credentials.EndSessionsAsync(http.Author(), http.Named("user"), http.RequestAborted);
        await http.DoneAsync(true);
    }

    private async Task DeleteAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Account(http.Named("user")));
        await http.DoneAsync(await credentials.RevokeAsync(
            http.Author(), http.Named("user"), CredentialKind.RefreshToken, http.Numbered("id"), http.RequestAborted));
    }
}

/// <summary>A session.</summary>
internal sealed record SessionView(long Id, string? Client, DateTime CreatedAt, DateTime? ExpiresAt, DateTime? LastUsedAt)
{
    public static SessionView Of(Credential credential) => new(
        credential.Id, credential.Name, Input.Time(credential.CreatedAt), Input.Time(credential.ExpiresAt), Input.Time(credential.LastUsedAt));
}
