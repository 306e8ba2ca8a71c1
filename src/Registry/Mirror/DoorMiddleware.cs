using Microsoft.AspNetCore.Http.Features;
using Registry.Edge;
using Registry.Protocol;
using Registry.Storage.Oci;

namespace Registry.Mirror;

/// <summary>
/// Finds the door that a request comes through, before anything reads its path: a host name of the mirror's own (Docker's
/// <c>registry-mirrors</c>), the alias before <c>/v2/</c> (Docker from 24 on, containerd), or <c>?ns=</c> (containerd).
/// </summary>
internal sealed class DoorMiddleware(RequestDelegate next, UpstreamTable upstreams, PublicAddress address)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (upstreams.All.Count == 0)
        {
            return next(http);
        }

        if (ByPrefix(http) is { } prefixed)
        {
            return EnterAsync(http, prefixed, isOpen: prefixed.Options.Anonymous);
        }

        if (http.Request.Query["ns"] is [{ Length: > 0 } ns] && !IsOurs(http, ns))
        {
            http.Response.Headers[OciHeaders.Namespace] = ns;
            return upstreams.OfName(ns) is { } named ? EnterAsync(http, named, isOpen: false)
                : http.Request.Path.StartsWithSegments("/v2", StringComparison.Ordinal, out var rest) && rest.Value is { Length: > 1 } ? RefuseAsync(http, ns)
                : next(http);
        }

        return upstreams.OfHost(http.Request.Host) is { } hosted ? EnterAsync(http, hosted, isOpen: hosted.Options.Anonymous) : next(http);
    }

    private Task EnterAsync(HttpContext http, Upstream upstream, bool isOpen)
    {
        http.Features.Set(new Door(upstream, isOpen));
        return next(http);
    }

    // The client goes on to the next host of its list.
    private static Task RefuseAsync(HttpContext http, string ns)
    {
        http.Response.Headers.Remove(OciHeaders.Namespace);
        return ErrorEnvelope.WriteAsync(http, OciError.NameUnknown, "the registry mirrors no upstream of that name", ns.Length > 100 ? ns[..100] : ns);
    }

    // /docker.io/v2/library/nginx/… is /v2/library/nginx/… of that upstream.
    private Upstream? ByPrefix(HttpContext http)
    {
        var feature = http.Features.Get<IHttpRequestFeature>()!;
        var target = feature.RawTarget;
        var end = target is ['/', not 'v', ..] or ['/', 'v', not '2', ..] ? target.IndexOf("/v2", 1, StringComparison.Ordinal) : -1;
        if (end < 0 || (end + 3 < target.Length && target[end + 3] is not ('/' or '?')) || upstreams.OfNamespace(target[1..end]) is not { } upstream)
        {
            return null;
        }

        feature.RawTarget = target[end..];
        http.Request.Path = http.Request.Path.Value![end..];
        return upstream;
    }

    // containerd names the registry of the reference, which may be this one under another address.
    private bool IsOurs(HttpContext http, string ns)
    {
        var ours = new Uri(address.Of(http));
        return ns.Equals(ours.Authority, StringComparison.OrdinalIgnoreCase) || ns.Equals(ours.Host, StringComparison.OrdinalIgnoreCase)
            || ns.Equals(http.Request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }
}
