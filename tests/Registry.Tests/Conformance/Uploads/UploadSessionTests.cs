using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Uploads;

/// <summary>distribution-spec end-4a, end-13 and end-14: opening, asking after and cancelling an upload.</summary>
[OnS3]
public sealed class UploadSessionTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines]
    public async Task Opening_an_upload_is_202_with_a_location_and_an_empty_range(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);

        var answer = (await repository.PostAsync()).Is(202);

        answer.Has("Range", "0-0").Has("Content-Length", "0");
        Assert.StartsWith(repository.At("blobs/uploads/"), answer.Location, StringComparison.Ordinal);
        Assert.Contains(answer["Docker-Upload-UUID"]!, answer.Location, StringComparison.Ordinal);
        Assert.True(Guid.TryParse(answer["Docker-Upload-UUID"], out _));
        Assert.Null(answer["OCI-Chunk-Min-Length"]);
    }

    [Theory, Engines]
    public async Task Opening_works_without_the_slash_and_whatever_the_content_type(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);

        (await repository.Http.SendAsync("POST", repository.At("blobs/uploads"))).Is(202);
        (await repository.PostAsync(body: Wire.Http.Sized(Array.Empty<byte>(), "application/json"))).Is(202);
    }

    [Theory, Engines]
    public async Task No_two_uploads_share_an_id(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);

        Assert.NotEqual(await repository.StartAsync(), await repository.StartAsync());
    }

    [Theory, Engines]
    public async Task The_status_of_an_upload_without_bytes_is_0_0(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var location = await repository.StartAsync();

        var answer = (await repository.StatusAsync(location)).Is(204).Has("Range", "0-0");

        Assert.Equal(location, answer.Location);
        Assert.Contains(answer["Docker-Upload-UUID"]!, location, StringComparison.Ordinal);
    }

    [Theory, Engines]
    public async Task The_status_tells_the_last_byte_that_is_stored(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var location = (await repository.StreamAsync(await repository.StartAsync(), Oci.RandomBytes(1000))).Is(202).Location;

        (await repository.StatusAsync(location)).Is(204).Has("Range", "0-999");
    }

    [Theory, Engines]
    public async Task An_empty_append_is_reported_as_0_0(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);

        (await repository.StreamAsync(await repository.StartAsync(), Array.Empty<byte>())).Is(202).Has("Range", "0-0");
    }

    [Theory, Engines]
    public async Task A_cancelled_upload_is_204_and_gone(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100);
        var location = (await repository.StreamAsync(await repository.StartAsync(), content)).Is(202).Location;

        (await repository.Http.SendAsync("DELETE", location)).Is(204);

        (await repository.StatusAsync(location)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await repository.StreamAsync(location, content)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await repository.CloseAsync(location, RepositoryWire.DigestOf(content))).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await repository.Http.SendAsync("DELETE", location)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await repository.HeadAsync($"blobs/{RepositoryWire.DigestOf(content)}")).Is(404);
    }

    [Theory, Engines]
    public async Task An_unknown_session_is_404_on_every_method(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushBlobAsync(Oci.RandomBytes(1));
        var location = repository.At($"blobs/uploads/{Guid.NewGuid()}");

        (await repository.StatusAsync(location)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await repository.StreamAsync(location, Oci.RandomBytes(10))).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await repository.CloseAsync(location, RepositoryWire.DigestOf("x"u8), "x"u8.ToArray())).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await repository.Http.SendAsync("DELETE", location)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
    }

    [Theory, Engines]
    public async Task A_finished_session_takes_no_more_bytes(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100);
        var location = await repository.StartAsync();
        (await repository.CloseAsync(location, RepositoryWire.DigestOf(content), content)).Is(201);

        (await repository.StatusAsync(location)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await repository.StreamAsync(location, content)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
    }
}
