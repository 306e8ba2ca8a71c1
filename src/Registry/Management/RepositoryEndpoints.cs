using Registry.Access;
using Registry.Auth;
using Registry.Auth.Audit;
using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Configuration;
using Registry.Storage.Manifests;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Management;

/// <summary>Repositories, as far as the caller may pull them, and who may without a grant.</summary>
internal sealed class RepositoryEndpoints(
    RepositoryStore repositories, RepositorySettingsStore settings, Policy policy, Principals principals, RegistryOptions options)
{
    private const string Path = "/repositories";
    private const string One = Path + "/{**repository}";

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapList<RepositoryView>(Path, ListAsync, "Lists the repositories that hold something");
        app.MapRead<RepositoryView>(One, GetAsync, "Shows a repository");
        app.MapChange<VisibilityChange, RepositoryView>(One, PatchAsync, "Makes a repository public or private, or as its namespace");
        app.MapRemove(One, DeleteAsync, "Deletes a repository with all that is in it");
    }

    private async Task ListAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Look);
        var page = ManagementPage.Read(http.Request);
        var asker = new RepositoryAsker(http, Caller.Of(http).Identity, Permission.List, policy, principals, options.Open);
        var names = page.Cut(http, await repositories.ListAsync(asker, page.After, page.Count, http.RequestAborted), name => name);
        var found = await settings.FindAsync(names, http.RequestAborted);
        await ManagementJson.ListAsync(http, found.Where(repository => IsVisible(http, repository)).Select(RepositoryView.Of));
    }

    private async Task GetAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Look);
        var found = (await settings.FindAsync([http.Named("repository")], http.RequestAborted)).FirstOrDefault(repository => IsVisible(http, repository));
        await ManagementJson.WriteAsync(http, RepositoryView.Of(found.Found()));
    }

    private async Task PatchAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Look);
        var name = http.Named("repository");
        if (!RepositoryName.TryParse(name, out _))
        {
            throw new OciException(ManagementError.NotFound);
        }

        http.Demand(ManagementRequest.Manage(NamePattern.Repository(name)));
        var change = await ManagementJson.ReadAsync<VisibilityChange>(http);
        var changed = await settings.ChangeAsync(http.Author(), name, Input.Visibility("visibility", change.Visibility, canInherit: true), http.RequestAborted);
        await ManagementJson.WriteAsync(http, RepositoryView.Of(changed.Found()));
    }

    private async Task DeleteAsync(HttpContext http)
    {
        var principal = http.Principal();
        if (!RepositoryName.TryParse(http.Named("repository"), out var name))
        {
            throw new OciException(ManagementError.NotFound);
        }

        http.Demand(ManagementRequest.Manage(NamePattern.Repository(name.Value)));
        if (options.ReadOnly)
        {
            throw new OciException(OciError.Unsupported, "the registry is read-only at the moment");
        }

        var author = http.Author();
        await http.DoneAsync(await repositories.DeleteAsync(
            name,
            principal.Credential,
            (session, facts) => AuthorizeAsync(session, principal, name, facts),
            new Origin(author.Name, author.Address),
            session => AuditStore.AppendAsync(session, author.Did("repository.delete", name.Value)),
            http.RequestAborted));
    }

    // Looked at again in the transaction that deletes: the right may have been taken away meanwhile.
    private async ValueTask AuthorizeAsync(Session session, Principal principal, RepositoryName name, RepositoryFacts facts)
    {
        if (Policy.IsChanged(principal, facts.Standing))
        {
            principal = await principals.ReadAsync(session, principal.Credential) ?? Principal.Anonymous;
        }

        if (!principal.On(name.Value).HasFlag(Right.Manage))
        {
            throw new OciException(ManagementError.NotFound);
        }
    }

    private static bool IsVisible(HttpContext http, RepositorySettings repository) =>
        repository.IsPublic || http.Principal().On(repository.Name).HasFlag(Right.Pull);
}

/// <summary>A repository; <c>Inherited</c>: its visibility is that of its namespace.</summary>
internal sealed record RepositoryView(string Name, string Visibility, bool Inherited, DateTime CreatedAt)
{
    public static RepositoryView Of(RepositorySettings repository) =>
        new(repository.Name, Input.Visible(repository.IsPublic), repository.IsInherited, Input.Time(repository.CreatedAt));
}
