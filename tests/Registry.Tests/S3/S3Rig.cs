using Registry.Tests.Collection;
using Registry.Tests.Wire;

namespace Registry.Tests.S3;

/// <summary>A registry with its bucket behind a <see cref="FaultProxy"/>, which collects when it is told to.</summary>
internal sealed class S3Rig : IAsyncDisposable
{
    // What no attempt has brought through after so many is not a fault that passes.
    private const int Attempts = 20;

    private readonly S3Bucket _bucket;

    private S3Rig(S3Bucket bucket, FaultProxy proxy, RegistryApp app)
    {
        _bucket = bucket;
        Proxy = proxy;
        App = app;
        Inventory = new Inventory(app);
        Repository = new RepositoryWire(app.Client, "library/app");
    }

    public FaultProxy Proxy { get; }

    public RegistryApp App { get; }

    public Inventory Inventory { get; }

    public RepositoryWire Repository { get; }

    public static async Task<S3Rig> StartAsync(S3Gateway? gateway = null, params (string Key, string Value)[] settings)
    {
        var bucket = await (gateway?.CreateAsync() ?? S3Gateway.CreateBucketAsync());
        var proxy = await FaultProxy.StartAsync(bucket.Gateway.Endpoint);
        var app = await RegistryApp.StartAsync(
            Engine.Postgres,
            [.. Inventory.OnDemand, .. bucket.Settings, ("Storage:S3:Endpoint", proxy.Address.ToString()), .. settings]);
        proxy.TakeCalls();
        return new S3Rig(bucket, proxy, app);
    }

    /// <summary>Pushes in chunks of this size until the registry takes it: what it does not take it refuses with 503 and when to come back.</summary>
    /// <returns>The refusals.</returns>
    public async Task<int> PushAsync(byte[] content, int chunk = int.MaxValue)
    {
        for (var refusals = 0; ; refusals++)
        {
            Assert.True(refusals < Attempts, $"refused {Attempts} times");
            var answer = await TryPushAsync(content, chunk);
            if (answer.Status == 201)
            {
                Assert.Equal(Oci.Digest(content), answer.Digest);
                return refusals;
            }

            AssertComeBack(answer);
        }
    }

    /// <summary>The answer that ends a push: the first that is not a success, or the 201.</summary>
    public async Task<Answer> TryPushAsync(byte[] content, int chunk = int.MaxValue)
    {
        var location = await Repository.StartAsync();
        for (var start = 0; chunk < content.Length && start < content.Length; start += chunk)
        {
            var answer = await Repository.ChunkAsync(location, content.AsMemory(start, Math.Min(chunk, content.Length - start)), start);
            if (answer.Status != 202)
            {
                return answer;
            }

            location = answer.Location;
        }

        var rest = chunk < content.Length ? [] : content;
        return await Repository.CloseAsync(location, Oci.Digest(content), rest);
    }

    public async Task AssertHoldsAsync(byte[] content) =>
        Assert.Equal(content, (await Repository.GetAsync($"blobs/{Oci.Digest(content)}")).Is(200).Body);

    /// <summary>
    /// D9: when nobody uploads and everything has been collected, the bucket has one object for each blob, and no upload in parts.
    /// </summary>
    public async Task AssertNothingLooseAsync()
    {
        await Proxy.SettledAsync();
        await Inventory.WriteAsync("update upload set expires_at = 0, writer_until = 0 where result_digest is null");
        await Inventory.WriteAsync("update object set created_at = 0 where state = 0");
        var sql = Sql.Of(Engine.Postgres, App);
        var (expected, found) = (Array.Empty<string>(), Array.Empty<string>());
        await Eventually.TrueAsync(
            async () =>
            {
                await Inventory.CollectAsync();
                var listed = await StoredObjects.ListAsync(App.DataDirectory, _bucket);
                found = [.. listed.Select(item => $"{item.Key} {item.Value}").Order(StringComparer.Ordinal)];
                expected = [.. (await sql.RowsAsync("select b.object_id, b.size from blob b")).Select(row => $"{Convert.ToHexStringLower((byte[])row[0])} {row[1]}").Order(StringComparer.Ordinal)];
                return expected.SequenceEqual(found);
            },
            () => $"the blobs\n{string.Join('\n', expected)}\nare what the bucket holds:\n{string.Join('\n', found)}");
        Assert.Empty(await _bucket.OpenUploadsAsync());
    }

    /// <summary>What is begun in the bucket and neither completed nor aborted.</summary>
    public Task<IReadOnlyList<string>> OpenUploadsAsync() => _bucket.OpenUploadsAsync();

    public static void AssertComeBack(Answer answer)
    {
        answer.IsError(503, "UNAVAILABLE");
        Assert.True(int.Parse(answer["Retry-After"] ?? "0", System.Globalization.CultureInfo.InvariantCulture) > 0, $"no Retry-After in {answer}");
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Proxy.DisposeAsync();
        await _bucket.DisposeAsync();
    }
}
