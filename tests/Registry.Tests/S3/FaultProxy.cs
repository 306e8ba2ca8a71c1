using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Registry.Tests.S3;

/// <summary>
/// Stands between a registry and its S3 server, counts the calls by their operation, and lets some of them go wrong. Signatures stay
/// valid: the server sees the path, the query and the headers that the registry has signed.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly HttpClient _server;
    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, int> _calls = new();
    private readonly ConcurrentDictionary<int, Task> _exchanges = new();
    private readonly Lock _lock = new();
    private readonly List<Order> _orders = [];
    private int _exchangeCount;
    private Throttle? _throttle;

    private FaultProxy(Uri server)
    {
        _server = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            BaseAddress = server,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        _application = builder.Build();
        _application.Run(PassAsync);
    }

    /// <summary>What the registry connects to instead.</summary>
    public Uri Address => new(_application.Urls.Single());

    /// <summary>The calls so far by operation.</summary>
    public IReadOnlyDictionary<string, int> Calls => _calls;

    public static async Task<FaultProxy> StartAsync(Uri server)
    {
        var proxy = new FaultProxy(server);
        await proxy._application.StartAsync();
        return proxy;
    }

    /// <summary>Forgets the calls so far and returns them.</summary>
    public IReadOnlyDictionary<string, int> TakeCalls()
    {
        var calls = new Dictionary<string, int>(_calls);
        _calls.Clear();
        return calls;
    }

    /// <summary>So many of the next calls go wrong, of this operation or of all.</summary>
    public void Fail(S3Fault fault, string? operation = null, int times = int.MaxValue)
    {
        lock (_lock)
        {
            _orders.Add(new Order(fault, operation, times));
        }
    }

    /// <summary>All bytes in both directions share so much; null for no limit.</summary>
    public void Limit(long? bytesPerSecond) => Volatile.Write(ref _throttle, bytesPerSecond is { } limit ? new Throttle(limit) : null);

    /// <summary>Nothing goes wrong or slowly any more.</summary>
    public void Heal()
    {
        Limit(null);
        lock (_lock)
        {
            _orders.Clear();
        }
    }

    /// <summary>Waits until all that was under way has come to its end, repetitions too.</summary>
    public Task SettledAsync() => Task.WhenAll(_exchanges.Values).WaitAsync(Eventually.Guard);

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
        _server.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        var operation = S3Operation.Of(context.Request);
        _calls.AddOrUpdate(operation, 1, (_, count) => count + 1);
        var number = Interlocked.Increment(ref _exchangeCount);
        var exchange = AnswerAsync(new S3Exchange(context, _server, Volatile.Read(ref _throttle)), Take(operation));
        _exchanges[number] = exchange;
        await exchange;
        _exchanges.TryRemove(number, out _);
    }

    private static async Task AnswerAsync(S3Exchange exchange, S3Fault? fault)
    {
        try
        {
            if (fault is null)
            {
                await exchange.ReturnAsync(await exchange.ForwardAsync());
            }
            else
            {
                await fault.What(exchange);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The server or the registry has gone, or the fault wants it so.
            exchange.Cut();
        }
    }

    private S3Fault? Take(string operation)
    {
        lock (_lock)
        {
            var order = _orders.Find(order => order.Left > 0 && (order.Operation ?? operation) == operation);
            if (order is not null)
            {
                order.Left--;
            }

            return order?.Fault;
        }
    }

    private sealed class Order(S3Fault fault, string? operation, int times)
    {
        public S3Fault Fault => fault;

        public string? Operation => operation;

        public int Left { get; set; } = times;
    }
}
