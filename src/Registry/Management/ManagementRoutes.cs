using Microsoft.AspNetCore.Http.Features;
using Registry.Access;
using Registry.Auth;
using Registry.Auth.Audit;
using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Storage.Oci;

namespace Registry.Management;

/// <summary>What the management API says of an endpoint: its OpenAPI document is made of this.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Status">The status of success.</param>
/// <param name="Body">What is sent.</param>
/// <param name="Answer">What is answered.</param>
/// <param name="Query">The parameters of the query.</param>
internal sealed record Operation(string Method, string Summary, int Status, Type? Body, Type? Answer, IReadOnlyList<string> Query);

/// <summary>The rules that all endpoints of the management API share.</summary>
internal static class ManagementRoutes
{
    public const string Root = "/api/v1";

    private const int MaxBody = 64 << 10;

    /// <summary>A list: pages by <c>n</c> and <c>after</c>, and filters.</summary>
    public static void MapList<T>(this IEndpointRouteBuilder app, string path, RequestDelegate handle, string summary, params string[] filters) =>
        app.Map(HttpMethods.Get, path, handle, summary, 200, null, typeof(Listing<T>), query: ["n", "after", .. filters]);

    public static void MapRead<T>(this IEndpointRouteBuilder app, string path, RequestDelegate handle, string summary) =>
        app.Map(HttpMethods.Get, path, handle, summary, 200, null, typeof(T));

    /// <summary>Makes something.</summary>
    public static IEndpointConventionBuilder MapCreate<TBody, TAnswer>(
        this IEndpointRouteBuilder app, string path, RequestDelegate handle, string summary, Permission permission = Permission.Manage) =>
        app.Map(HttpMethods.Post, path, handle, summary, 201, typeof(TBody), typeof(TAnswer), permission);

    public static void MapChange<TBody, TAnswer>(this IEndpointRouteBuilder app, string path, RequestDelegate handle, string summary) =>
        app.Map(HttpMethods.Patch, path, handle, summary, 200, typeof(TBody), typeof(TAnswer));

    public static void MapRemove(this IEndpointRouteBuilder app, string path, RequestDelegate handle, string summary) =>
        app.Map(HttpMethods.Delete, path, handle, summary, 204, null, null);

    public static IEndpointConventionBuilder Map(
        this IEndpointRouteBuilder app,
        string method,
        string path,
        RequestDelegate handle,
        string summary,
        int status,
        Type? body,
        Type? answer,
        Permission permission = Permission.Manage,
        int maxBody = MaxBody,
        string[]? query = null)
    {
        var endpoint = app.MapMethods(Root + path, [method], http => HandleAsync(http, handle, maxBody));
        endpoint.Require(permission);
        endpoint.WithMetadata(new Operation(method, summary, status, body, answer, query ?? []));
        return endpoint;
    }

    /// <summary>Whether anything is sent.</summary>
    public static bool HasBody(HttpRequest request) => request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;

    /// <summary>A part of the path.</summary>
    public static string Named(this HttpContext http, string part) => (string)http.Request.RouteValues[part]!;

    /// <summary>A part of the path that is a row's number; what is none names nothing.</summary>
    public static long Numbered(this HttpContext http, string part) =>
        long.TryParse(http.Named(part), System.Globalization.NumberStyles.None, null, out var id) ? id : throw new OciException(ManagementError.NotFound);

    public static Principal Principal(this HttpContext http) => Caller.Of(http).Identity.Principal;

    /// <summary>Who records say it was.</summary>
    public static Author Author(this HttpContext http) => new(http.Principal().Name, http.Connection.RemoteIpAddress?.ToString());

    /// <summary>Returns when the caller may do this.</summary>
    /// <exception cref="OciException">NOT_FOUND or DENIED.</exception>
    public static void Demand(this HttpContext http, ManagementRequest request)
    {
        var caller = Caller.Of(http).Identity;
        var verdict = ManagementPolicy.Decide(caller.Principal, request);
        if (verdict == Verdict.Allowed)
        {
            return;
        }

        if (verdict == Verdict.SignIn)
        {
            throw new AccessRefusedException(verdict, caller);
        }

        var (name, address) = http.Author();
        http.RequestServices.GetRequiredService<AuditLog>().Record(
            new AuditEvent(name, address, "api.refuse", $"{http.Request.Method} {http.Request.Path}", AuditEvent.Refused));
        throw verdict == Verdict.Hidden ? new OciException(ManagementError.NotFound)
            : new OciException(OciError.Denied, $"{name} may not do this with the credential that was shown");
    }

    /// <summary>What a store has found.</summary>
    /// <exception cref="OciException">NOT_FOUND: it has found nothing.</exception>
    public static T Found<T>(this T? value)
        where T : class => value ?? throw new OciException(ManagementError.NotFound);

    /// <summary>Answers that something is done.</summary>
    /// <exception cref="OciException">NOT_FOUND: there was nothing.</exception>
    public static Task DoneAsync(this HttpContext http, bool found)
    {
        http.Response.StatusCode = found ? StatusCodes.Status204NoContent : throw new OciException(ManagementError.NotFound);
        return Task.CompletedTask;
    }

    private static Task HandleAsync(HttpContext http, RequestDelegate handle, int maxBody)
    {
        var request = http.Request;
        http.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsGet(request.Method))
        {
            // A page of another site can make a browser send forms and empty bodies, with credentials it has kept, but not this.
            if (OpenAccess.IsForeign(request.Headers.Origin, request.Headers.Host.ToString()))
            {
                throw new OciException(OciError.Denied, "requests from the pages of another site are refused");
            }

            http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = maxBody;
            if (HasBody(request) && !request.HasJsonContentType())
            {
                throw new OciException(ManagementError.Invalid with { Status = StatusCodes.Status415UnsupportedMediaType }, "the body must be application/json");
            }
        }

        return handle(http);
    }
}
