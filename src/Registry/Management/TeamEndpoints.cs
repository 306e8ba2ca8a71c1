using Registry.Auth;
using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Storage.Oci;

namespace Registry.Management;

/// <summary>Teams: made and filled by administrators, seen by their members.</summary>
internal sealed class TeamEndpoints(TeamStore teams)
{
    private const string Path = "/teams";
    private const string One = Path + "/{team}";
    private const string Members = One + "/members";

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapList<TeamView>(Path, ListAsync, "Lists the teams; those who are no administrators see their own");
        app.MapCreate<NewTeam, TeamView>(Path, PostAsync, "Adds a team");
        app.MapRead<TeamView>(One, GetAsync, "Shows a team");
        app.MapRemove(One, DeleteAsync, "Removes a team with its grants");
        app.MapList<MemberView>(Members, ListMembersAsync, "Lists the members of a team");
        app.Map(HttpMethods.Put, Members + "/{user}", PutMemberAsync, "Makes a user a member", 204, null, null);
        app.MapRemove(Members + "/{user}", DeleteMemberAsync, "Ends a membership");
    }

    private async Task ListAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Look);
        var page = ManagementPage.Read(http.Request);
        var found = await teams.ListAsync(MemberOf(http.Principal()), page.After, page.Limit, http.RequestAborted);
        await ManagementJson.ListAsync(http, page.Cut(http, found, team => team.Name).Select(TeamView.Of));
    }

    private async Task PostAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        var name = Input.Name("name", (await ManagementJson.ReadAsync<NewTeam>(http)).Name);
        var team = await teams.CreateAsync(http.Author(), name, http.RequestAborted)
            ?? throw new OciException(ManagementError.Conflict, $"there is a team {name} already");
        await ManagementJson.CreatedAsync(http, $"{ManagementRoutes.Root}{Path}/{name}", TeamView.Of(team));
    }

    private async Task GetAsync(HttpContext http) => await ManagementJson.WriteAsync(http, TeamView.Of(await FindAsync(http)));

    private async Task DeleteAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        await http.DoneAsync(await teams.RemoveAsync(http.Author(), http.Named("team"), http.RequestAborted));
    }

    private async Task ListMembersAsync(HttpContext http)
    {
        var team = await FindAsync(http);
        var page = ManagementPage.Read(http.Request);
        var found = await teams.MembersAsync(team.Name, page.After, page.Limit, http.RequestAborted);
        await ManagementJson.ListAsync(http, page.Cut(http, found, name => name).Select(name => new MemberView(name)));
    }

    private async Task PutMemberAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        await http.DoneAsync(await teams.AddAsync(http.Author(), http.Named("team"), http.Named("user"), http.RequestAborted));
    }

    private async Task DeleteMemberAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        await http.DoneAsync(await teams.RemoveAsync(http.Author(), http.Named("team"), http.Named("user"), http.RequestAborted));
    }

    private async Task<Team> FindAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Look);
        return (await teams.FindAsync(http.Named("team"), MemberOf(http.Principal()), http.RequestAborted)).Found();
    }

    // Limits are for repositories: with them an administrator's credential sees what its user is in.
    private static long? MemberOf(Principal principal) => principal is { IsAdministrator: true, Limits: null } ? null : principal.Subject;
}

/// <summary>A team to add.</summary>
internal sealed record NewTeam(string Name);

/// <summary>A team.</summary>
internal sealed record TeamView(string Name, DateTime CreatedAt)
{
    public static TeamView Of(Team team) => new(team.Name, Input.Time(team.CreatedAt));
}

/// <summary>A member of a team.</summary>
internal sealed record MemberView(string User);
