using System.Text;
using Microsoft.AspNetCore.Http;
using Registry.Telemetry;

namespace Registry.Tests.BadInput;

/// <summary>Requests of all kinds make new series while somebody reads those there are.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task Figures_can_be_read_while_new_ones_appear()
    {
        var metrics = new RequestMetrics();
        var counting = Task.Run(() =>
        {
            for (var status = 0; status < 5_000; status++)
            {
                var http = new DefaultHttpContext();
                http.Response.StatusCode = status;
                metrics.Count(http, TimeSpan.Zero);
            }
        });

        while (!counting.IsCompleted)
        {
            metrics.Write(new StringBuilder());
        }

        await counting;
    }
}
