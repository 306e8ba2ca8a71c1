using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Registry.Auth.Audit;
using Registry.Blobs;
using Registry.Storage.Collection;
using Registry.Tls;

namespace Registry.Telemetry;

/// <summary>The figures of the process besides requests: one list, read by /metrics and, where configured, by OTLP.</summary>
internal sealed class RegistryMeter : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string Name = "Registry";

    private readonly Meter meter = new(Name);
    private readonly List<Figure> figures = [];

    public RegistryMeter(Collector collector, BlobBody downloads, AuditLog audit, AccessLog? log = null, TlsFiles? tls = null)
    {
        Counter("registry_objects_removed_total", "Objects whose bytes collection has removed.", () => collector.ObjectsRemoved);
        Counter("registry_zero_copy_ranges_total", "Blobs, and ranges of blobs, that were sent without a copy.", () => downloads.ZeroCopies);
        Counter("registry_access_log_dropped_total", "Access log lines dropped because the output did not keep up.", () => log?.Dropped ?? 0);
        Counter("registry_audit_dropped_total", "Audit records dropped because the database did not keep up.", () => audit.Dropped);
        Counter("process_cpu_seconds_total", "CPU time of the process.", () => Environment.CpuUsage.TotalTime.TotalSeconds);
        Gauge("process_resident_memory_bytes", "Resident memory of the process.", () => Environment.WorkingSet);
        Gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", StartTime);
        if (tls is not null)
        {
            Gauge("registry_tls_certificate_end_time_seconds", "When the certificate ends that new connections are given, in seconds since 1970.", () => EndTime(tls));
        }

        Gauge("dotnet_gc_heap_bytes", "Managed heap.", () => GC.GetTotalMemory(forceFullCollection: false));
        Counter("dotnet_gc_collections_total", "Garbage collections of the runtime.", () => GC.CollectionCount(0));
        Gauge("dotnet_threadpool_queue_length", "Work items that wait for a thread.", () => ThreadPool.PendingWorkItemCount);
    }

    /// <summary>Appends the figures in Prometheus' text format.</summary>
    public void Write(StringBuilder text)
    {
        foreach (var figure in figures)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"# HELP {figure.Name} {figure.Help}\n# TYPE {figure.Name} {figure.Type}\n{figure.Name} {figure.Read()}\n");
        }
    }

    public void Dispose() => meter.Dispose();

    private static double EndTime(TlsFiles tls) =>
        new DateTimeOffset(tls.Current.Certificate.TargetCertificate.NotAfter).ToUnixTimeSeconds();

    private static double StartTime() =>
        new DateTimeOffset(Process.GetCurrentProcess().StartTime).ToUnixTimeMilliseconds() / 1000.0;

    private void Counter(string name, string help, Func<double> read)
    {
        meter.CreateObservableCounter(name, read, description: help);
        figures.Add(new(name, help, "counter", read));
    }

    private void Gauge(string name, string help, Func<double> read)
    {
        meter.CreateObservableGauge(name, read, description: help);
        figures.Add(new(name, help, "gauge", read));
    }

    private sealed record Figure(string Name, string Help, string Type, Func<double> Read);
}
