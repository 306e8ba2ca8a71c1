using Registry.Auth;
using Registry.Storage.Oci;

namespace Registry.Access;

/// <summary>Who comes in while no user exists, and nobody can sign in.</summary>
internal static class OpenCaller
{
    private static readonly string[] ForwardingHeaders = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP"];

    /// <exception cref="OciException">DENIED: the caller is not among those to whom the registry is open.</exception>
    public static void Admit(HttpContext http, bool everyone)
    {
        if (OpenAccess.Refuse(Of(http), everyone) is { } why)
        {
            throw new OciException(OciError.Denied, why);
        }
    }

    private static Peer Of(HttpContext http)
    {
        var headers = http.Request.Headers;
        var forwarded = false;
        foreach (var name in ForwardingHeaders)
        {
            forwarded |= headers.ContainsKey(name);
        }

        var origin = headers.Origin;
        return new Peer(http.Connection.RemoteIpAddress, headers.Host.ToString(), forwarded, origin.Count == 0 ? null : origin.ToString());
    }
}
