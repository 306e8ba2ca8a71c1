using System.Net;
using System.Text;
using Registry.Tests.Tokens;
using Registry.Upstreams;

namespace Registry.Tests.Upstreams;

/// <summary>A hostile upstream with one image, and a client of it.</summary>
internal sealed class UpstreamBench : IAsyncDisposable
{
    public const string Repository = "library/app";

    private readonly List<HostileUpstream> _others = [];
    private readonly List<UpstreamAnswer> _answers = [];
    private readonly List<UpstreamClient> _clients = [];

    private UpstreamBench(HostileUpstream upstream, Func<UpstreamOptions, UpstreamOptions> configure)
    {
        Upstream = upstream;
        Image = upstream.Content.PutImage(Repository, "v1");
        Client = Connect(upstream.Address, configure);
    }

    public HostileUpstream Upstream { get; }

    /// <summary>Tagged <c>v1</c>.</summary>
    public Image Image { get; }

    public UpstreamClient Client { get; }

    public Clock Clock { get; } = new();

    public LogLines<UpstreamClient> Log { get; } = new();

    public string Layer => Image.Layers[0].Digest;

    public static async Task<UpstreamBench> StartAsync(Func<UpstreamOptions, UpstreamOptions>? configure = null) =>
        new(await HostileUpstream.StartAsync(), configure ?? (options => options));

    public static UpstreamCredential Credential(string name) => new(name, $"secret of {name}", null);

    public static string BasicOf(string name) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:secret of {name}"))}";

    /// <summary>Another client, of any address.</summary>
    public UpstreamClient Connect(Uri address, Func<UpstreamOptions, UpstreamOptions> configure)
    {
        var client = new UpstreamClient(configure(new UpstreamOptions { Alias = "hostile", Address = address }), Clock, Log);
        _clients.Add(client);
        return client;
    }

    /// <summary>Another server that keeps what it is asked.</summary>
    public async Task<HostileUpstream> StartAnotherAsync()
    {
        var other = await HostileUpstream.StartAsync();
        _others.Add(other);
        return other;
    }

    public Task<UpstreamAnswer> GetAsync(string path, string repository = Repository) => AskAsync(new(HttpMethod.Get, repository, path));

    public Task<UpstreamAnswer> HeadAsync(string path) => AskAsync(new(HttpMethod.Head, Repository, path));

    /// <summary>The answer is disposed with the bench.</summary>
    public async Task<UpstreamAnswer> AskAsync(UpstreamRequest request, UpstreamClient? client = null, CancellationToken cancellationToken = default)
    {
        var answer = await (client ?? Client).SendAsync(request, cancellationToken).WaitAsync(Eventually.Guard, cancellationToken);
        lock (_answers)
        {
            _answers.Add(answer);
        }

        return answer;
    }

    /// <summary>What came of GET for the tag.</summary>
    public async Task<UpstreamOutcome> OutcomeAsync(string tag = "v1")
    {
        using var answer = await Client.SendAsync(new(HttpMethod.Get, Repository, $"manifests/{tag}"), CancellationToken.None).WaitAsync(Eventually.Guard);
        return answer.Outcome;
    }

    /// <summary>All manifests are redirected to an address.</summary>
    public void RedirectTo(string location, HttpStatusCode status = HttpStatusCode.TemporaryRedirect) =>
        Upstream.Faults.Answer($"/v2/{Repository}/manifests", status, ("Location", location));

    public async ValueTask DisposeAsync()
    {
        _answers.ForEach(answer => answer.Dispose());
        _clients.ForEach(client => client.Dispose());
        await Upstream.DisposeAsync();
        foreach (var other in _others)
        {
            await other.DisposeAsync();
        }
    }
}
