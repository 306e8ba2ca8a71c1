using Microsoft.AspNetCore.Http.Features;

namespace Registry.Protocol;

/// <summary>Reads <see cref="RepositoryPath"/> before routing. A malformed path or name is refused before all else.</summary>
internal sealed class RepositoryPathMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        var below = RawPath.BelowV2(http.Features.Get<IHttpRequestFeature>()!.RawTarget, http.Request.Path);
        if (below is not null && RepositoryPath.Parse(below) is { } path)
        {
            http.Features.Set(path);
            http.Request.Path = path.Routed;
        }

        return next(http);
    }
}
