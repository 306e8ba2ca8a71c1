using Registry.Auth;
using Registry.Configuration;
using Registry.Protocol;
using Registry.Storage.Oci;

namespace Registry.Access;

/// <summary>The one place that decides whether a request may go on to its endpoint.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, RegistryOptions options)
{
    private static readonly string[] ForwardingHeaders = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP"];

    public Task InvokeAsync(HttpContext http)
    {
        var rule = http.GetEndpoint()?.Metadata.GetMetadata<AccessRule>();
        if (rule?.Permission != Permission.Probe && OpenAccess.Refuse(CallerOf(http), options.Open) is { } why)
        {
            return ErrorEnvelope.WriteAsync(http, OciError.Denied, why);
        }

        if (options.ReadOnly && rule is { Writes: true })
        {
            return ErrorEnvelope.WriteAsync(http, OciError.Unsupported, "the registry is read-only at the moment");
        }

        return next(http);
    }

    private static Caller CallerOf(HttpContext http)
    {
        var headers = http.Request.Headers;
        var forwarded = false;
        foreach (var name in ForwardingHeaders)
        {
            forwarded |= headers.ContainsKey(name);
        }

        var origin = headers.Origin;
        return new Caller(http.Connection.RemoteIpAddress, headers.Host.ToString(), forwarded, origin.Count == 0 ? null : origin.ToString());
    }
}
