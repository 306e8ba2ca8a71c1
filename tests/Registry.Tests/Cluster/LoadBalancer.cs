using System.Net;
using System.Net.Sockets;

namespace Registry.Tests.Cluster;

/// <summary>haproxy with the configuration that the repository gives to people, before the replicas of a test.</summary>
public sealed class LoadBalancer : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private LoadBalancer(ChildProcess process, Uri address)
    {
        _process = process;
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            BaseAddress = address,
            Timeout = Eventually.Guard,
        };
    }

    public Uri Address => Client.BaseAddress!;

    public HttpClient Client { get; }

    public static async Task<LoadBalancer> StartAsync(IEnumerable<Uri> replicas)
    {
        var listen = $"127.0.0.1:{Ports.Next()}";
        var lines = File.ReadLines(Path.Combine(SourceTree.Root, "deploy", "haproxy.cfg")).Where(line => !line.StartsWith("    server ", StringComparison.Ordinal))
            .Concat(replicas.Select((replica, number) => $"    server replica{number} {replica.Authority}"));
        var file = Path.Combine(RunDirectory.Create("haproxy"), "haproxy.cfg");
        await File.WriteAllLinesAsync(file, lines);
        var balancer = new LoadBalancer(
            ChildProcess.Start("haproxy", ["-db", "-f", file], new Dictionary<string, string?> { ["LISTEN"] = listen }), new Uri($"http://{listen}/"));
        await Eventually.TrueAsync(balancer.AnswersAsync, () => $"haproxy passes requests on\n{balancer._process.Errors}");
        return balancer;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _process.DisposeAsync();
    }

    private async Task<bool> AnswersAsync()
    {
        Assert.False(_process.HasExited, _process.Errors);
        try
        {
            using var response = await Client.GetAsync("readyz");
            return response.StatusCode is HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return false;
        }
    }
}
