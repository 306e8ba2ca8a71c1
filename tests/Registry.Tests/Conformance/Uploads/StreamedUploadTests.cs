using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Uploads;

/// <summary>The dialect of docker: PATCH without a range appends where the upload stands.</summary>
[OnS3]
public sealed class StreamedUploadTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_stream_and_an_empty_close_store_a_blob(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(4096);
        var digest = RepositoryWire.DigestOf(content, algorithm);

        var streamed = (await repository.StreamAsync(await repository.StartAsync(), content)).Is(202).Has("Range", "0-4095");
        (await repository.CloseAsync(streamed.Location, digest)).Is(201).Has("Docker-Content-Digest", digest);

        (await repository.HeadAsync($"blobs/{digest}")).Is(200).Has("Content-Length", "4096");
        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task Several_streams_append_to_each_other(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(300_000);
        var location = (await repository.StreamAsync(await repository.StartAsync(), content.AsMemory(0, 100_000))).Is(202).Location;
        location = (await repository.StreamAsync(location, content.AsMemory(100_000, 100_000))).Is(202).Has("Range", "0-199999").Location;

        (await repository.CloseAsync(location, RepositoryWire.DigestOf(content), content.AsMemory(200_000))).Is(201);

        Assert.Equal(content, (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf(content)}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task A_body_with_a_length_and_no_range_is_a_stream_too(Engine engine)
    {
        // podman and ggcr send PATCH with Content-Length and without Content-Range.
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(1000);

        var answer = await repository.Http.SendAsync("PATCH", await repository.StartAsync(), Wire.Http.Sized(content));

        answer.Is(202).Has("Range", "0-999");
        (await repository.CloseAsync(answer.Location, RepositoryWire.DigestOf(content))).Is(201);
    }

    [Theory, Engines]
    public async Task A_stream_without_a_content_type_is_taken(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);

        (await repository.Http.SendAsync("PATCH", await repository.StartAsync(), Wire.Http.Streamed(Oci.RandomBytes(10), type: null))).Is(202);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_stream_under_a_wrong_digest_is_400(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var wrong = RepositoryWire.DigestOf(Oci.RandomBytes(32), algorithm);
        var location = (await repository.StreamAsync(await repository.StartAsync(), Oci.RandomBytes(4096))).Is(202).Location;

        (await repository.CloseAsync(location, wrong)).IsError(400, "DIGEST_INVALID");

        (await repository.HeadAsync($"blobs/{wrong}")).Is(404);
    }
}
