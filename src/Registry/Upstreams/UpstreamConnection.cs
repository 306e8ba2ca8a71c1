using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Registry.Storage;

namespace Registry.Upstreams;

/// <summary>
/// The way to one upstream, and to wherever it leads: the only place that makes clients for addresses that others name. Each address is
/// checked after its name has been resolved, when the connection is made, so that no name can change its meaning in between.
/// </summary>
internal sealed class UpstreamConnection : IDisposable
{
    private const int MaxHeaders = 32; // KiB

    private readonly UpstreamOptions options;
    private readonly AddressPolicy policy;
    private readonly UpstreamLog log;
    private readonly CircuitBreaker breaker;
    private readonly HttpClient client;

    public UpstreamConnection(UpstreamOptions options, CircuitBreaker breaker, UpstreamLog log)
    {
        (this.options, this.log, this.breaker) = (options, log, breaker);
        policy = new AddressPolicy(options.Networks);
        client = new HttpClient(CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("registry", typeof(UpstreamConnection).Assembly.GetName().Version!.ToString(3)));
    }

    /// <summary>Sends a request and waits for the headers of the response.</summary>
    /// <exception cref="UpstreamException">There is none.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        CheckLiteral(request.RequestUri!);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.HeadersTimeout);
        try
        {
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            breaker.Report((int)response.StatusCode < 500);
            return response;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            breaker.Report(false);
            throw new UpstreamException("The upstream did not answer in time.");
        }
        catch (HttpRequestException e) when (e.InnerException is AddressRefusedException refused)
        {
            throw Refuse(refused.Host);
        }
        catch (HttpRequestException e)
        {
            breaker.Report(false);
            log.Failed(e.HttpRequestError);
            throw Unreachable();
        }
    }

    /// <summary>Reads a small body.</summary>
    /// <exception cref="UpstreamException">It is not small, or does not come.</exception>
    public async Task<byte[]> ReadAsync(HttpResponseMessage response, int max, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.HeadersTimeout);
        try
        {
            await response.Content.LoadIntoBufferAsync(max, timeout.Token);
            return await response.Content.ReadAsByteArrayAsync(timeout.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new UpstreamException("The upstream's answer could not be read.");
        }
    }

    public void Dispose() => client.Dispose();

    // A closed port and a refused address look the same from outside: nobody shall scan a network through the registry.
    private static UpstreamException Unreachable() => new("The upstream could not be reached.");

    private UpstreamException Refuse(string host)
    {
        log.Refused(host);
        return Unreachable();
    }

    // A proxy resolves names itself, so that all that can be seen of the address here is one that needs no resolving.
    private void CheckLiteral(Uri uri)
    {
        if (IPAddress.TryParse(uri.IdnHost.Trim('[', ']'), out var address) && !IsConfigured(uri.IdnHost, uri.Port) && !policy.Allows(address))
        {
            throw Refuse(uri.IdnHost);
        }
    }

    private SocketsHttpHandler CreateHandler()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = options.Proxy is not null,
            Proxy = options.Proxy is null ? null : CreateProxy(options.Proxy),
            ConnectTimeout = options.ConnectTimeout,
            MaxResponseHeadersLength = MaxHeaders,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // so that a registry whose addresses change is followed
            ConnectCallback = ConnectAsync,
        };
        if (options.CertificateAuthority is { } authority)
        {
            handler.SslOptions.CertificateChainPolicy = CertificateTrust.SystemAnd(authority);
        }

        return handler;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        if (!IsConfigured(host, port))
        {
            addresses = [.. addresses.Where(policy.Allows)];
            if (addresses.Length == 0)
            {
                throw new AddressRefusedException(host);
            }
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // What an administrator wrote may be anywhere.
    private bool IsConfigured(string host, int port) =>
        IsAt(options.Address, host, port) || (options.Proxy is { } proxy && IsAt(proxy, host, port)) || TokenRealm.IsListed(options.Realms, host, port);

    private static bool IsAt(Uri uri, string host, int port) =>
        uri.Port == port && uri.IdnHost.Trim('[', ']').Equals(host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase);

    private static WebProxy CreateProxy(Uri proxy)
    {
        var parts = proxy.UserInfo.Split(':', 2);
        return new WebProxy(proxy)
        {
            Credentials = parts is [{ Length: > 0 } name, var password] ? new NetworkCredential(Uri.UnescapeDataString(name), Uri.UnescapeDataString(password)) : null,
        };
    }

    private sealed class AddressRefusedException(string host) : IOException
    {
        public string Host { get; } = host;
    }
}
