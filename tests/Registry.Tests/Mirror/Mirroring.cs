using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.Storage.Metadata;
using Registry.Tests.Collection;

namespace Registry.Tests.Mirror;

/// <summary>A registry that mirrors an upstream under the name <c>up</c>. Collection runs when a test asks for it.</summary>
internal sealed class Mirroring : IAsyncDisposable
{
    private Mirroring(ScriptedUpstream upstream, RegistryApp app) => (Upstream, App, Inventory) = (upstream, app, new Inventory(app));

    public ScriptedUpstream Upstream { get; }

    public RegistryApp App { get; }

    public Inventory Inventory { get; }

    public static Task<Mirroring> StartAsync(Engine engine = Engine.Sqlite, params (string Key, string Value)[] settings) => StartAsync(null, engine, settings);

    /// <summary>The same with a clock that decides what is fresh.</summary>
    public static Task<Mirroring> StartAsync(TimeProvider time, params (string Key, string Value)[] settings) => StartAsync(time, Engine.Sqlite, settings);

    private static async Task<Mirroring> StartAsync(TimeProvider? time, Engine engine, (string Key, string Value)[] settings)
    {
        var upstream = await ScriptedUpstream.StartAsync();
        try
        {
            return new Mirroring(upstream, await RegistryApp.StartAsync(time, engine, [.. Inventory.OnDemand, .. SettingsOf(upstream), .. settings]));
        }
        catch
        {
            await upstream.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a registry has to be told to mirror an upstream.</summary>
    public static (string, string)[] SettingsOf(ScriptedUpstream upstream) => [("Upstreams:up:Address", $"{upstream.Address}")];

    /// <summary>A repository of the upstream, as clients of the mirror name it.</summary>
    public RepositoryClient Repository(string remote) => App.Repository($"up/{remote}");

    /// <summary>An image of one layer that the upstream has, and whose manifest is here already.</summary>
    public async Task<(RepositoryClient Repository, Descriptor Layer, byte[] Content)> PutLayerAsync(int size, string remote = "team/app")
    {
        var image = Image.Random(layers: 1, layerSize: size);
        Upstream.Put(remote, image, "v1");
        using var manifest = await Repository(remote).GetManifestAsync("v1");
        await OciAssert.DigestAsync(manifest, HttpStatusCode.OK, image.Digest, image.Manifest);
        return (Repository(remote), image.Layers[0], image.Blobs[image.Layers[0].Digest]);
    }

    /// <summary>The upload that the only fill there is writes to.</summary>
    public async Task<Guid> UploadAsync()
    {
        await using var session = await App.Services.GetRequiredService<Database>().ReadAsync(CancellationToken.None);
        return new Guid(await session.FirstAsync<byte[]>("select upload_id from fill") ?? throw new InvalidOperationException("nothing is being fetched"));
    }

    /// <summary>Asks for a blob until the upstream that has failed is asked again.</summary>
    public async Task<BlobReader> OpenPatientlyAsync(RepositoryClient repository, byte[] content)
    {
        await Eventually.TrueAsync(
            async () =>
            {
                using var head = await repository.HeadBlobAsync(Oci.Digest(content));
                return head.StatusCode is HttpStatusCode.OK;
            },
            "the upstream is asked again");
        return await BlobReader.OpenAsync(App.Client, repository.Name, content);
    }

    public async ValueTask DisposeAsync()
    {
        await Upstream.DisposeAsync(); // first: nothing that stands still there shall hold up the end here
        await App.DisposeAsync();
    }
}
