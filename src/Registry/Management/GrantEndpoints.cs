using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Storage.Oci;

namespace Registry.Management;

/// <summary>Grants: of a namespace for its owners, of all names for administrators.</summary>
internal sealed class GrantEndpoints(GrantStore grants)
{
    private const string Path = "/grants";
    private const string Id = "/{id}";

    public void Map(IEndpointRouteBuilder app)
    {
        foreach (var (path, where) in new[] { (Path, "all names"), (NamespaceEndpoints.One + Path, "names of a namespace") })
        {
            app.MapList<GrantView>(path, ListAsync, $"Lists the grants on {where}");
            app.MapCreate<NewGrant, GrantView>(path, PostAsync, $"Gives a role on {where}");
            app.MapRead<GrantView>(path + Id, GetAsync, $"Shows a grant on {where}");
            app.MapRemove(path + Id, DeleteAsync, $"Takes a role on {where} away");
        }
    }

    private async Task ListAsync(HttpContext http)
    {
        var space = SpaceOf(http);
        http.Demand(space is null ? ManagementRequest.Administer : ManagementRequest.ManageSome);
        var page = ManagementPage.Read(http.Request);
        var found = page.Cut(http, await grants.ListAsync(space, page.AfterId ?? 0, page.Limit, http.RequestAborted), grant => $"{grant.Id}");
        var visible = found.Where(grant => IsManaged(http, grant.Grant.Names)).ToList();
        if (visible.Count == 0 && space is not null)
        {
            http.Demand(ManagementRequest.Manage(NamePattern.Namespace(space)));
        }

        await ManagementJson.ListAsync(http, visible.Select(GrantView.Of));
    }

    private async Task PostAsync(HttpContext http)
    {
        var space = SpaceOf(http);
        http.Demand(space is null ? ManagementRequest.Administer : ManagementRequest.ManageSome);
        var wanted = await ManagementJson.ReadAsync<NewGrant>(http);
        var grant = new Grant(Input.Pattern("names", wanted.Names), Input.Role("role", wanted.Role), wanted.Overwrite, wanted.Removal);
        if (space is not null && grant.Names.Within != space)
        {
            throw Input.Invalid("names", $"they must lie in {space}");
        }

        http.Demand(ManagementRequest.Give(grant));
        var stored = await grants.AddAsync(http.Author(), GranteeOf(wanted), grant, http.RequestAborted)
            ?? throw new OciException(
                ManagementError.NotFound, "there is nobody of this name, or no such repository; for repositories to come use a prefix such as team/app*");
        await ManagementJson.CreatedAsync(http, $"{http.Request.Path.ToUriComponent()}/{stored.Id}", GrantView.Of(stored));
    }

    private async Task GetAsync(HttpContext http) => await ManagementJson.WriteAsync(http, GrantView.Of(await FindAsync(http)));

    private async Task DeleteAsync(HttpContext http)
    {
        await FindAsync(http);
        await http.DoneAsync(await grants.RemoveAsync(http.Author(), SpaceOf(http), http.Numbered("id"), http.RequestAborted));
    }

    private async Task<RoleGrant> FindAsync(HttpContext http)
    {
        var space = SpaceOf(http);
        http.Demand(space is null ? ManagementRequest.Administer : ManagementRequest.ManageSome);
        var grant = await grants.FindAsync(space, http.Numbered("id"), http.RequestAborted);
        http.Demand(ManagementRequest.Manage(grant.Found().Grant.Names));
        return grant!;
    }

    private static Grantee GranteeOf(NewGrant wanted) => wanted switch
    {
        { User: { } user, Team: null, Robot: null } => Grantee.User(Input.Name("user", user)),
        { User: null, Team: { } team, Robot: null } => Grantee.MembersOf(Input.Name("team", team)),
        { User: null, Team: null, Robot: not null, Role: "owner" } => throw Input.Invalid("role", "a robot cannot be an owner: it manages nothing"),
        { User: null, Team: null, Robot: { } robot } => Grantee.Robot(Input.SignInName("robot", robot)),
        _ => throw Input.Invalid("user", "name one of user, team and robot"),
    };

    private static bool IsManaged(HttpContext http, NamePattern names) =>
        ManagementPolicy.Decide(http.Principal(), ManagementRequest.Manage(names)) == Verdict.Allowed;

    private static string? SpaceOf(HttpContext http) => http.Request.RouteValues["namespace"] as string;
}

/// <summary>A role for one of a user, a team or a robot (by the name it signs in with); null flags: as the role says.</summary>
internal sealed record NewGrant(
    string Names, string Role, string? User = null, string? Team = null, string? Robot = null, bool? Overwrite = null, bool? Removal = null);

/// <summary>A grant.</summary>
internal sealed record GrantView(
    long Id, string? User, string? Team, string? Robot, string Names, string Role, bool? Overwrite, bool? Removal, DateTime CreatedAt)
{
    public static GrantView Of(RoleGrant grant) => new(
        grant.Id,
        grant.To is { Team: null, Kind: SubjectKind.User } ? grant.To.Subject : null,
        grant.To.Team,
        grant.To is { Team: null, Kind: SubjectKind.Robot } ? grant.To.Subject : null,
        grant.Grant.Names.Text,
        grant.Grant.Role.ToString().ToLowerInvariant(),
        grant.Grant.Overwrite,
        grant.Grant.Removal,
        Input.Time(grant.CreatedAt));
}
