using Registry.Auth;
using Registry.Auth.Identities;
using Registry.Auth.Permissions;

namespace Registry.Management;

/// <summary>What a credential is, for whoever holds it.</summary>
internal sealed class WhoamiEndpoints(CredentialStore credentials, GrantStore grants)
{
    public void Map(IEndpointRouteBuilder app) =>
        app.MapRead<Whoami>("/whoami", GetAsync, "Shows who one is, with what, and what one was granted");

    private async Task GetAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Look);
        var principal = http.Principal();
        var credential = await credentials.FindAsync(principal.Subject, principal.Credential, http.RequestAborted);
        var held = await grants.ListAsync(principal.Subject, http.RequestAborted);
        await ManagementJson.WriteAsync(
            http,
            new Whoami(
                principal.Name,
                KindOf(principal.Kind),
                principal.IsAdministrator,
                credential is null ? null : TokenView.Of(credential),
                held.Select(grant => new HeldRole(grant.Grant.Names.Text, grant.Grant.Role.ToString().ToLowerInvariant(), grant.To.Team)).ToList()));
    }

    private static string KindOf(PrincipalKind kind) => kind switch
    {
        PrincipalKind.Robot => "robot",
        PrincipalKind.Local => "local",
        _ => "user",
    };
}

/// <summary>Who one is; without a credential behind the socket in the data directory.</summary>
internal sealed record Whoami(string Name, string Kind, bool Administrator, TokenView? Credential, IReadOnlyList<HeldRole> Roles);

/// <summary>A role, and the team through which it is held.</summary>
internal sealed record HeldRole(string Names, string Role, string? Team);
