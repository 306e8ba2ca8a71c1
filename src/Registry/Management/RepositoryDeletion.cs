using Registry.Access;
using Registry.Auth;
using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Configuration;
using Registry.Protocol;
using Registry.Storage.Manifests;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Management;

/// <summary>The delete of a whole repository, for its owners and administrators. It is gone with the answer.</summary>
internal sealed class RepositoryDeletion(RepositoryStore repositories, Principals principals, RegistryOptions options)
{
    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/api/v1/repositories/{**name}", DeleteAsync).Require(Permission.Manage);

    private async Task DeleteAsync(HttpContext http, string name)
    {
        if (options.ReadOnly)
        {
            await ErrorEnvelope.WriteAsync(http, OciError.Unsupported, "the registry is read-only at the moment");
            return;
        }

        var principal = Caller.Of(http).Identity.Principal;
        var origin = new Origin(principal.Name, http.Connection.RemoteIpAddress?.ToString());
        if (!RepositoryName.TryParse(name, out var repository)
            || !await repositories.DeleteAsync(
                repository, principal.Credential, (session, facts) => AuthorizeAsync(session, principal, repository, facts), origin, null, http.RequestAborted))
        {
            await ErrorEnvelope.WriteAsync(http, OciError.NameUnknown, null, name);
            return;
        }

        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    // Whoever may not delete it learns nothing: the answer is that of a repository that is not there.
    private async ValueTask AuthorizeAsync(Session session, Principal principal, RepositoryName name, RepositoryFacts facts)
    {
        if (Policy.IsChanged(principal, facts.Standing))
        {
            principal = await principals.ReadAsync(session, principal.Credential) ?? throw new AccessRefusedException(Verdict.SignIn, Identity.Invalid);
        }

        if (principal.Limits is not null || !principal.On(name.Value).HasFlag(Right.Manage))
        {
            throw new OciException(OciError.NameUnknown, details: [name.Value]);
        }
    }
}
