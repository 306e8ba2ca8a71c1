using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Registry.Tests.Telemetry;

public sealed class OpenTelemetryTests
{
    [Fact]
    public async Task Traces_and_metrics_arrive_at_the_collector()
    {
        var received = new ConcurrentQueue<string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.Run(async http =>
        {
            received.Enqueue(http.Request.Path);
            await http.Request.Body.CopyToAsync(Stream.Null);
            http.Response.StatusCode = StatusCodes.Status200OK;
        });
        await collector.StartAsync();

        await using (var app = await RegistryApp.StartAsync(
            Engine.Sqlite, ("Otlp:Endpoint", collector.Urls.First()), ("Otlp:Protocol", "http")))
        {
            Assert.True((await app.Client.GetAsync("/v2/")).IsSuccessStatusCode);
        }

        Assert.Contains("/v1/traces", received);
        Assert.Contains("/v1/metrics", received);
    }
}
