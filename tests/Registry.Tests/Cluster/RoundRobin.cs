using System.Net.Sockets;

namespace Registry.Tests.Cluster;

/// <summary>
/// A load balancer without memory: each request goes to the next replica, and on to the one after it when that takes no connection.
/// What breaks later is for the client to see.
/// </summary>
public sealed class RoundRobin(IReadOnlyList<Uri> replicas)
    : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
{
    private int _next;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var replica = replicas[(int)((uint)Interlocked.Increment(ref _next) % replicas.Count)];
            request.RequestUri = new Uri(replica, request.RequestUri!.PathAndQuery);
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused } && attempt < replicas.Count)
            {
                // As haproxy's redispatch: no byte has been sent.
            }
        }
    }
}
