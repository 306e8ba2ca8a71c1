using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Storage.Oci;

namespace Registry.Management;

/// <summary>Namespaces: made and removed by administrators, opened and closed by their owners, seen by those who may pull all of one.</summary>
internal sealed class NamespaceEndpoints(NamespaceStore namespaces)
{
    public const string Path = "/namespaces";
    public const string One = Path + "/{namespace}";

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapList<NamespaceView>(Path, ListAsync, "Lists the namespaces");
        app.MapCreate<NewNamespace, NamespaceView>(Path, PostAsync, "Adds a namespace");
        app.MapRead<NamespaceView>(One, GetAsync, "Shows a namespace");
        app.MapChange<VisibilityChange, NamespaceView>(One, PatchAsync, "Makes a namespace public or private");
        app.MapRemove(One, DeleteAsync, "Removes a namespace without repositories, with its robots and the grants on its names");
    }

    public static string Location(string name) => $"{ManagementRoutes.Root}{Path}/{name}";

    private async Task ListAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Look);
        var page = ManagementPage.Read(http.Request);
        var visible = new List<RepositoryNamespace>();
        for (var after = page.After; ;)
        {
            var found = await namespaces.ListAsync(after, page.Limit, http.RequestAborted);
            visible.AddRange(found.Where(space => IsVisible(http, space)));
            if (found.Count < page.Limit || visible.Count >= page.Limit)
            {
                break;
            }

            after = found[^1].Name;
        }

        await ManagementJson.ListAsync(http, page.Cut(http, visible, space => space.Name).Select(NamespaceView.Of));
    }

    private async Task PostAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        var wanted = await ManagementJson.ReadAsync<NewNamespace>(http);
        var name = Input.Namespace("name", wanted.Name);
        var space = await namespaces.CreateAsync(http.Author(), name, Input.Visibility("visibility", wanted.Visibility)!.Value, http.RequestAborted)
            ?? throw new OciException(ManagementError.Conflict, $"there is a namespace {name} already");
        await ManagementJson.CreatedAsync(http, Location(name), NamespaceView.Of(space));
    }

    private async Task GetAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Look);
        var space = await namespaces.FindAsync(http.Named("namespace"), http.RequestAborted);
        await ManagementJson.WriteAsync(http, NamespaceView.Of((space is not null && IsVisible(http, space) ? space : null).Found()));
    }

    private async Task PatchAsync(HttpContext http)
    {
        var name = http.Named("namespace");
        http.Demand(ManagementRequest.Manage(NamePattern.Namespace(name)));
        var change = await ManagementJson.ReadAsync<VisibilityChange>(http);
        var space = await namespaces.ChangeAsync(http.Author(), name, Input.Visibility("visibility", change.Visibility)!.Value, http.RequestAborted);
        await ManagementJson.WriteAsync(http, NamespaceView.Of(space.Found()));
    }

    private async Task DeleteAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        await http.DoneAsync(await namespaces.RemoveAsync(http.Author(), http.Named("namespace"), http.RequestAborted));
    }

    private static bool IsVisible(HttpContext http, RepositoryNamespace space) =>
        space.IsPublic || http.Principal().OnAll(NamePattern.Namespace(space.Name)).HasFlag(Right.Pull);
}

/// <summary>A namespace to add.</summary>
internal sealed record NewNamespace(string Name, string Visibility = "private");

/// <summary>Who may pull without a grant: <c>public</c>, <c>private</c>; of a repository <c>inherit</c> as well.</summary>
internal sealed record VisibilityChange(string Visibility);

/// <summary>A namespace.</summary>
internal sealed record NamespaceView(string Name, string Visibility, DateTime CreatedAt)
{
    public static NamespaceView Of(RepositoryNamespace space) => new(space.Name, Input.Visible(space.IsPublic), Input.Time(space.CreatedAt));
}
