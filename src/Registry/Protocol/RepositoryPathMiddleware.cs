using Microsoft.AspNetCore.Http.Features;
using Registry.Mirror;
using Registry.Storage.Oci;

namespace Registry.Protocol;

/// <summary>Reads <see cref="RepositoryPath"/> before routing. A malformed path or name is refused before all else.</summary>
internal sealed class RepositoryPathMiddleware(RequestDelegate next, UpstreamTable upstreams)
{
    public Task InvokeAsync(HttpContext http)
    {
        var below = RawPath.BelowV2(http.Features.Get<IHttpRequestFeature>()!.RawTarget, http.Request.Path);
        if (below is null or "" or "_catalog")
        {
            return next(http);
        }

        if (RepositoryPath.Parse(below) is not { } path)
        {
            return ErrorEnvelope.WriteAsync(http, OciError.NotFound);
        }

        if (upstreams.Find(path.Name, Door.Of(http)?.Upstream) is { } mirrored)
        {
            path = path.In(mirrored.Name);
            http.Features.Set(mirrored);
        }

        http.Features.Set(path);
        http.Request.Path = path.Routed;
        return next(http);
    }
}
