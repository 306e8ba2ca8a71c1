using System.Text;
using Registry.Access;
using Registry.Shutdown;
using Registry.Storage.Metadata;
using Registry.Telemetry;

namespace Registry.Health;

/// <summary>What load balancers and monitoring ask for: alive, ready, figures.</summary>
internal sealed class HealthEndpoints(
    Database database, RequestMetrics requests, RegistryMeter meter, Draining draining, IHostApplicationLifetime lifetime)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/healthz", [HttpMethods.Get, HttpMethods.Head], http => TextAsync(http, "ok\n")).Require(Permission.Probe);
        app.MapMethods("/readyz", [HttpMethods.Get, HttpMethods.Head], ReadyAsync).Require(Permission.Probe);
        app.MapMethods("/metrics", [HttpMethods.Get, HttpMethods.Head], MetricsAsync).Require(Permission.Measure);
    }

    private async Task ReadyAsync(HttpContext http)
    {
        if (draining.Began || lifetime.ApplicationStopping.IsCancellationRequested)
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await TextAsync(http, "stopping\n");
            return;
        }

        await using var session = await database.ReadAsync(http.RequestAborted);
        await session.FirstAsync<long>("select 1");
        await TextAsync(http, "ready\n");
    }

    private Task MetricsAsync(HttpContext http)
    {
        var text = new StringBuilder();
        meter.Write(text);
        requests.Write(text);
        return TextAsync(http, text.ToString(), "text/plain; version=0.0.4; charset=utf-8");
    }

    private static Task TextAsync(HttpContext http, string text, string contentType = "text/plain; charset=utf-8")
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        http.Response.ContentType = contentType;
        http.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(bytes).AsTask();
    }
}
