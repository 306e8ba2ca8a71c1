using System.Net;
using System.Net.Sockets;

namespace Registry.Tests.Clients;

/// <summary>Stands between a client and a registry: counts, holds back, or cuts a connection in the middle of a transfer.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _relays = [];
    private readonly Uri _registry;
    private readonly Task _accepting;
    private TaskCompletionSource _cut = new();
    private Order? _order;
    private long _pulled;
    private long _pushed;

    private CuttingProxy(Uri registry)
    {
        _registry = registry;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>What the client connects to instead.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>All bytes that clients have been sent, over all connections.</summary>
    public long Pulled => Interlocked.Read(ref _pulled);

    /// <summary>All bytes that clients have sent, over all connections.</summary>
    public long Pushed => Interlocked.Read(ref _pushed);

    /// <summary>How long every 64 KiB that clients send are held back.</summary>
    public TimeSpan Pause { get; private init; }

    public static CuttingProxy To(Uri registry, TimeSpan pause = default) => new(registry) { Pause = pause };

    /// <summary>
    /// Orders that the first connection that has carried so many bytes be cut; before that it stands still while
    /// <paramref name="meanwhile"/> runs.
    /// </summary>
    public void CutOnce(Flow flow, long bytes, Func<Task>? meanwhile = null)
    {
        _cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _order, new Order(flow, bytes, meanwhile ?? (() => Task.CompletedTask), _cut));
    }

    /// <summary>Completes when the ordered cut has happened.</summary>
    public Task CutAsync() => _cut.Task.WaitAsync(Eventually.Guard);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_relays);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _relays.Add(RelayAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token))
        {
            try
            {
                await server.ConnectAsync(_registry.Host, _registry.Port, _stop.Token);
                var push = CopyAsync(Flow.Push, client.GetStream(), server.GetStream(), either.Token);
                var pull = CopyAsync(Flow.Pull, server.GetStream(), client.GetStream(), either.Token);
                await Task.WhenAny(push, pull);
                await either.CancelAsync();
                await Task.WhenAll(push, pull);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
            }
        }
    }

    private async Task CopyAsync(Flow flow, NetworkStream source, NetworkStream target, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 << 10];
        var copied = 0L;
        while (await source.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            copied += count;
            if (Volatile.Read(ref _order) is { } order && order.Flow == flow && copied >= order.Bytes
                && Interlocked.CompareExchange(ref _order, null, order) == order)
            {
                await order.ExecuteAsync();
                return;
            }

            if (flow is Flow.Push && Pause > TimeSpan.Zero)
            {
                await Task.Delay(Pause * ((double)count / buffer.Length), cancellationToken);
            }

            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            Interlocked.Add(ref flow is Flow.Pull ? ref _pulled : ref _pushed, count);
        }
    }

    private sealed record Order(Flow Flow, long Bytes, Func<Task> Meanwhile, TaskCompletionSource Done)
    {
        public async Task ExecuteAsync()
        {
            try
            {
                await Meanwhile();
                Done.SetResult();
            }
            catch (Exception e)
            {
                Done.SetException(e);
            }
        }
    }
}
