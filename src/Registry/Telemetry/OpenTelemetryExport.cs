using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Registry.Telemetry;

/// <summary>Sends the traces and metrics of ASP.NET Core, Kestrel, Npgsql and the registry by OTLP.</summary>
internal sealed class OpenTelemetryExport : IDisposable
{
    private readonly TracerProvider traces;
    private readonly MeterProvider metrics;

    public OpenTelemetryExport(Uri endpoint, bool overHttp)
    {
        var resource = ResourceBuilder.CreateDefault().AddService("registry");
        traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
            .AddSource("Microsoft.AspNetCore", "Npgsql").AddOtlpExporter(options => options.Endpoint = For(options, endpoint, overHttp, "traces")).Build();
        metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
            .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql", "System.Runtime", RegistryMeter.Name)
            .AddOtlpExporter(options => options.Endpoint = For(options, endpoint, overHttp, "metrics")).Build();
    }

    public void Dispose()
    {
        traces.Dispose();
        metrics.Dispose();
    }

    // Only HTTP has a path of its own for each signal.
    private static Uri For(OtlpExporterOptions options, Uri endpoint, bool overHttp, string signal)
    {
        if (!overHttp)
        {
            return endpoint;
        }

        options.Protocol = OtlpExportProtocol.HttpProtobuf;
        return new Uri(endpoint, $"/v1/{signal}");
    }
}
