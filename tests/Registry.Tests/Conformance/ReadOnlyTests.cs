using Registry.Tests.Wire;

namespace Registry.Tests.Conformance;

/// <summary>With <c>ReadOnly</c> pulls go on and every write is 405.</summary>
public sealed class ReadOnlyTests
{
    [Theory, Engines]
    public async Task Pulls_go_on_and_writes_are_405(Engine engine)
    {
        await using var writable = await RegistryProcess.StartAsync(engine);
        var before = new RepositoryWire(writable.Client, "library/app");
        var image = await before.PushImageAsync("v1");
        var blob = await before.PushBlobAsync(Oci.RandomBytes(10));
        var upload = await before.StartAsync();

        await using var app = await writable.ReopenAsync(engine, ("ReadOnly", "true"));
        var repository = new RepositoryWire(app.Client, "library/app");

        Assert.Equal(image.Content, (await repository.GetAsync("manifests/v1")).Is(200).Body);
        (await repository.HeadAsync($"manifests/{image.Digest}")).Is(200);
        (await repository.GetAsync($"blobs/{blob}")).Is(200);
        Assert.Equal(["v1"], (await repository.GetAsync("tags/list")).Is(200).Strings("tags"));
        (await repository.GetAsync($"referrers/{image.Digest}")).Is(200);
        (await app.Client.SendAsync("GET", "/v2/_catalog")).Is(200);
        (await app.Client.SendAsync("GET", "/v2/")).Is(200);

        (await repository.PostAsync()).IsError(405, "UNSUPPORTED");
        (await repository.PostAsync($"?mount={blob}&from=library/app")).IsError(405, "UNSUPPORTED");
        (await repository.PostAsync($"?digest={RepositoryWire.DigestOf("x"u8)}", Wire.Http.Sized("x"u8.ToArray()))).IsError(405, "UNSUPPORTED");
        (await repository.StreamAsync(upload, Oci.RandomBytes(10))).IsError(405, "UNSUPPORTED");
        (await repository.CloseAsync(upload, RepositoryWire.DigestOf("x"u8), "x"u8.ToArray())).IsError(405, "UNSUPPORTED");
        (await app.Client.SendAsync("DELETE", upload)).IsError(405, "UNSUPPORTED");
        (await repository.PutManifestAsync("v2", image.Content, image.MediaType)).IsError(405, "UNSUPPORTED");
        (await repository.DeleteAsync("manifests/v1")).IsError(405, "UNSUPPORTED");
        (await repository.DeleteAsync($"manifests/{image.Digest}")).IsError(405, "UNSUPPORTED");
        (await repository.DeleteAsync($"blobs/{blob}")).IsError(405, "UNSUPPORTED");

        Assert.Equal(image.Content, (await repository.GetAsync("manifests/v1")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task HEAD_of_a_blob_that_no_manifest_names_is_200(Engine engine)
    {
        await using var writable = await RegistryProcess.StartAsync(engine);
        var blob = await new RepositoryWire(writable.Client, "library/app").PushBlobAsync(Oci.RandomBytes(10));

        await using var app = await writable.ReopenAsync(engine, ("ReadOnly", "true"));

        (await new RepositoryWire(app.Client, "library/app").HeadAsync($"blobs/{blob}")).Is(200);
    }
}
