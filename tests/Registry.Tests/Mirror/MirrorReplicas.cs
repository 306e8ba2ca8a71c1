using Registry.Tests.Upstreams;

namespace Registry.Tests.Mirror;

/// <summary>Replicas that mirror one upstream under the name <c>up</c>, and reach each other.</summary>
internal sealed class MirrorReplicas : IAsyncDisposable
{
    private readonly List<RegistryApp> _apps = [];

    public IReadOnlyList<RegistryApp> All => _apps;

    public static async Task<MirrorReplicas> StartAsync(int count, Engine engine, HostileUpstream upstream)
    {
        var replicas = new MirrorReplicas();
        var first = await RegistryApp.StartAsync(engine, SettingsOf(upstream));
        replicas._apps.Add(first);
        while (replicas._apps.Count < count)
        {
            replicas._apps.Add(await StartBesideAsync(first.ConnectionString!, first.DataDirectory, first.Bucket, upstream));
        }

        return replicas;
    }

    public static (string, string)[] SettingsOf(HostileUpstream upstream) =>
        [("Upstreams:up:Address", upstream.Address.ToString()), ("Internal:Address", $"http://127.0.0.1:{Ports.Next()}")];

    public static Task<RegistryApp> StartBesideAsync(string connectionString, string dataDirectory, S3Bucket? bucket, HostileUpstream upstream) => RegistryApp.StartAsync(
        Engine.Postgres,
        [
            ("ConnectionStrings:Postgres", connectionString), ("Keys:MasterKeyFile", Path.Combine(dataDirectory, "master.key")),
            .. bucket?.Settings ?? [], .. SettingsOf(upstream),
        ]);

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps.AsEnumerable().Reverse())
        {
            await app.DisposeAsync();
        }
    }
}
