using System.Net.Sockets;

namespace Registry.Tests.Replicas;

/// <summary>A load balancer without memory: every request goes to the next replica, and on to another one when that is not there.</summary>
internal sealed class RoundRobin(IReadOnlyList<Uri> replicas)
    : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
{
    private int _last = -1;

    /// <summary>The replica that the last request went to.</summary>
    public int Last => (int)((uint)Volatile.Read(ref _last) % replicas.Count);

    /// <summary>Where the next request goes.</summary>
    public int Next
    {
        set => _last = value - 1;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var replica = replicas[(int)((uint)Interlocked.Increment(ref _last) % replicas.Count)];
            request.RequestUri = new Uri(replica, request.RequestUri!.PathAndQuery);
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException e) when (attempt < replicas.Count && e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
            {
                // It has been stopped or killed, and has not seen anything of the request.
            }
        }
    }
}
