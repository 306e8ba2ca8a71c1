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

    public OpenTelemetryExport(Uri endpoint)
    {
        var resource = ResourceBuilder.CreateDefault().AddService("registry");
        traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
            .AddSource("Microsoft.AspNetCore", "Npgsql").AddOtlpExporter(options => options.Endpoint = For(options, endpoint, "traces")).Build();
        metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
            .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql", "System.Runtime", RegistryMeter.Name)
            .AddOtlpExporter(options => options.Endpoint = For(options, endpoint, "metrics")).Build();
    }

    public void Dispose()
    {
        traces.Dispose();
        metrics.Dispose();
    }

    // Port 4318 is HTTP by convention, 4317 gRPC. A path is only appended for HTTP.
    private static Uri For(OtlpExporterOptions options, Uri endpoint, string signal)
    {
        if (endpoint.Port != 4318)
        {
            return endpoint;
        }

        options.Protocol = OtlpExportProtocol.HttpProtobuf;
        return new Uri(endpoint, $"/v1/{signal}");
    }
}
