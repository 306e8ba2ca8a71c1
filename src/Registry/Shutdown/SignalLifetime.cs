using System.Runtime.InteropServices;
using Registry.Configuration;

namespace Registry.Shutdown;

/// <summary>
/// How signals end the process. SIGTERM comes from whoever stops one of several replicas: readiness goes first, so that load balancers
/// send their requests elsewhere, and the listeners close only after that. SIGINT, the Ctrl-C of a person, and SIGQUIT do not wait. The
/// second signal ends the process as if nobody had asked to be told.
/// </summary>
internal sealed partial class SignalLifetime(
    Draining draining, RegistryOptions options, IHostApplicationLifetime application, ILogger<SignalLifetime> logger) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> registrations = [];
    private int signals;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT })
        {
            registrations.Add(PosixSignalRegistration.Create(signal, Take));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => registrations.ForEach(registration => registration.Dispose());

    private void Take(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref signals) > 1)
        {
            return;
        }

        context.Cancel = true;
        _ = EndAsync(context.Signal == PosixSignal.SIGTERM ? options.Shutdown.Drain : TimeSpan.Zero);
    }

    private async Task EndAsync(TimeSpan drain)
    {
        draining.Begin();
        if (drain > TimeSpan.Zero)
        {
            LogDraining(drain);
            await Task.Delay(drain, application.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        application.StopApplication();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Not ready any more; the listeners close in {Drain}")]
    private partial void LogDraining(TimeSpan drain);
}
