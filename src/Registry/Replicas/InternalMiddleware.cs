namespace Registry.Replicas;

/// <summary>Keeps the two kinds of listeners apart: what comes over the one for replicas never gets to what is public.</summary>
internal sealed class InternalMiddleware(RequestDelegate next, InternalObjects objects)
{
    private static readonly PathString Objects = "/internal/objects";

    public Task InvokeAsync(HttpContext http)
    {
        if (!InternalConnection.Sent(http))
        {
            return next(http);
        }

        if (http.Request.Path.StartsWithSegments(Objects, StringComparison.Ordinal, out var rest) && rest.Value is ['/', ..] && HttpMethods.IsGet(http.Request.Method))
        {
            return objects.ServeAsync(http, rest.Value[1..]);
        }

        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
