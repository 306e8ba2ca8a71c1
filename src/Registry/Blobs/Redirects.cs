using Registry.Configuration;
using Registry.Storage.Objects;

namespace Registry.Blobs;

/// <summary>Sends clients to the object store for the bytes of a blob (307; distribution-spec, "Pulling blobs").</summary>
internal sealed class Redirects(IObjectStore objects, RegistryOptions options)
{
    /// <summary>Answers with a redirect where the client's network and the configuration say so.</summary>
    public bool TryWrite(HttpContext http, ObjectId id)
    {
        if (!options.Redirects.Enabled || !HttpMethods.IsGet(http.Request.Method) || !Reaches(http) || objects.FindAddress(id) is not { } address)
        {
            return false;
        }

        // The address lets anybody in who has it, so nobody may keep the answer.
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.Location = (options.Redirects.Host is { } host ? Moved(address, host) : address).AbsoluteUri;
        http.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
        http.Response.ContentLength = 0;
        return true;
    }

    private bool Reaches(HttpContext http) => options.Redirects.Networks is not { Count: > 0 } networks
        || (http.Connection.RemoteIpAddress is { } client && networks.Any(network => network.Contains(client)));

    private static Uri Moved(Uri address, Uri host) =>
        new UriBuilder(address) { Scheme = host.Scheme, Host = host.Host, Port = host.IsDefaultPort ? -1 : host.Port }.Uri;
}
