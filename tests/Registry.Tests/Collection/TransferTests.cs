using System.IO.Pipelines;
using Registry.Tests.Wire;

namespace Registry.Tests.Collection;

/// <summary>Bytes on their way while collection takes away what they belong to.</summary>
[OnS3]
public sealed class TransferTests
{
    [Theory, Engines]
    public async Task A_pull_that_has_begun_ends_whole_although_its_blob_is_collected(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var (repository, inventory) = (app.Repository("library/app"), new Inventory(app));
        var content = Oci.RandomBytes(64 << 20); // more than all buffers on the way take
        var digest = await repository.PushBlobAsync(content);

        using var response = await app.Client.GetAsync($"v2/library/app/blobs/{digest}", HttpCompletionOption.ResponseHeadersRead);
        (await new RepositoryWire(app.Client, "library/app").DeleteAsync($"blobs/{digest}")).Is(202);
        await inventory.CollectAsync();

        Assert.Equal(0, await inventory.FilesAsync());
        Assert.Equal(digest, Oci.Digest(await response.Content.ReadAsByteArrayAsync()));
    }

    [Theory, Engines]
    public async Task A_writer_whose_session_is_cancelled_and_collected_leaves_nothing(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, Inventory.OnDemand);
        var (repository, inventory) = (new RepositoryWire(app.Client, "library/app"), new Inventory(app));
        var location = await repository.StartAsync();
        var body = new Pipe();
        var patch = app.Client.SendAsync("PATCH", location, new StreamContent(body.Reader.AsStream()));
        await body.Writer.WriteAsync(Oci.RandomBytes(20 << 20)); // more than S3 takes as one part
        await Eventually.TrueAsync(async () => await inventory.FilesAsync() == 1, "the bytes arrive");

        (await app.Client.SendAsync("DELETE", location)).Is(204);
        await inventory.CollectAsync();
        await body.Writer.WriteAsync(Oci.RandomBytes(1 << 20));
        await body.Writer.CompleteAsync();

        (await patch).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        Assert.Equal(0, await inventory.FilesAsync());
        Assert.Equal(0, await inventory.CountAsync("object", Inventory.InUse));
    }
}
