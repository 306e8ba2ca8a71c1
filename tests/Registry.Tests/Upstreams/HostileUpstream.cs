using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Registry.Tests.Upstreams;

/// <summary>
/// A registry that tells whom it was asked by and what for, and that does wrong whatever a test wants. Without any fault it serves what
/// was put into it, to everyone.
/// </summary>
public sealed class HostileUpstream : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<SeenRequest> _requests = new();

    private HostileUpstream(IPAddress address, X509Certificate2? certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(address, 0, listen =>
            {
                if (certificate is not null)
                {
                    listen.UseHttps(certificate);
                }
            });
            kestrel.Limits.MinResponseDataRate = null;
        });
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    public UpstreamContent Content { get; } = new();

    public UpstreamFaults Faults { get; } = new();

    public UpstreamTokenServer Tokens { get; } = new();

    /// <summary>With a slash at its end.</summary>
    public Uri Address => new(_application.Urls.Single() + "/");

    /// <summary>All requests so far, in their order.</summary>
    public IReadOnlyList<SeenRequest> Requests => [.. _requests];

    public static async Task<HostileUpstream> StartAsync(X509Certificate2? certificate = null, IPAddress? address = null)
    {
        var upstream = new HostileUpstream(address ?? IPAddress.Loopback, certificate);
        await upstream._application.StartAsync();
        return upstream;
    }

    /// <summary>The requests whose path contains a text.</summary>
    public IReadOnlyList<SeenRequest> RequestsFor(string path) => [.. _requests.Where(request => request.Path.Contains(path, StringComparison.Ordinal))];

    /// <summary>The bytes sent in answer to requests whose path contains a text.</summary>
    public long BytesOf(string path) => RequestsFor(path).Sum(request => request.Bytes);

    /// <summary>Forgets the requests so far.</summary>
    public void Forget() => _requests.Clear();

    public async ValueTask DisposeAsync()
    {
        Faults.Resume();
        await _application.StopAsync(new CancellationToken(canceled: true));
        await _application.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var headers = request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var seen = new SeenRequest(request.Method, request.Path.Value!, request.QueryString.Value!, headers);
        _requests.Enqueue(seen);
        context.Response.OnStarting(() =>
        {
            seen.Status = (HttpStatusCode)context.Response.StatusCode;
            return Task.CompletedTask;
        });

        if (Faults.Find(request) is { } rule)
        {
            await rule(context);
        }
        else if (request.Path == "/token")
        {
            await Tokens.AnswerAsync(context);
        }
        else if (request.Path.StartsWithSegments("/v2"))
        {
            await new UpstreamAnswerWriter(this, context, seen).AnswerAsync();
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }
}
