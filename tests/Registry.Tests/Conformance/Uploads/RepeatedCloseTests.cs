using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Uploads;

/// <summary>D27: a client that lost the answer to its close asks again and gets it.</summary>
[OnS3]
public sealed class RepeatedCloseTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task D27_A_close_without_a_body_is_answered_the_same_again(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(1000);
        var digest = RepositoryWire.DigestOf(content, algorithm);
        var location = (await repository.StreamAsync(await repository.StartAsync(), content)).Is(202).Location;

        var first = (await repository.CloseAsync(location, digest)).Is(201);
        var second = (await repository.CloseAsync(location, digest)).Is(201);

        Assert.Equal(first.Location, second.Location);
        Assert.Equal(first.Digest, second.Digest);
        Assert.Equal(content, (await repository.Http.SendAsync("GET", second.Location)).Is(200).Body);
    }

    [Theory, Engines]
    public async Task D27_A_close_with_the_whole_blob_is_answered_the_same_again(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(200_000);
        var digest = RepositoryWire.DigestOf(content);
        var location = await repository.StartAsync();
        (await repository.CloseAsync(location, digest, content)).Is(201);

        (await repository.CloseAsync(location, digest, content)).Is(201).Has("Docker-Content-Digest", digest);
        (await repository.CloseAsync(location, digest, content, ("Content-Range", $"0-{content.Length - 1}"))).Is(201);

        // The connection is still in step after a body that nobody needed.
        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task D27_A_close_whose_answer_was_lost_on_the_way_can_be_repeated(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100_000);
        var digest = RepositoryWire.DigestOf(content);
        var location = RepositoryWire.With(await repository.StartAsync(), $"digest={digest}");
        await using (var connection = await RawHttp.ConnectAsync(app.Address))
        {
            await connection.SendHeadAsync($"PUT {location} HTTP/1.1\nContent-Length: {content.Length}");
            await connection.SendAsync(content);
            await Eventually.TrueAsync(async () => (await repository.HeadAsync($"blobs/{digest}")).Status == 200, "the blob is there");
            connection.Reset();
        }

        (await repository.Http.SendAsync("PUT", location, Wire.Http.Sized(content))).Is(201).Has("Docker-Content-Digest", digest);
    }

    [Theory, Engines]
    public async Task D27_A_close_with_another_digest_is_not_the_same_close(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(1000);
        var location = (await repository.StreamAsync(await repository.StartAsync(), content)).Is(202).Location;
        (await repository.CloseAsync(location, RepositoryWire.DigestOf(content))).Is(201);

        (await repository.CloseAsync(location, RepositoryWire.DigestOf(Oci.RandomBytes(9)))).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await repository.CloseAsync(location, RepositoryWire.DigestOf(content, "sha512"))).IsError(404, "BLOB_UPLOAD_UNKNOWN");
    }

    [Theory, Engines]
    public async Task D27_The_answer_to_a_close_is_not_given_to_another_repository(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var other = repository.Sibling("/other");
        await other.PushImageAsync("v1");
        var content = Oci.RandomBytes(1000);
        var digest = RepositoryWire.DigestOf(content);
        var location = await repository.StartAsync();
        (await repository.CloseAsync(location, digest, content)).Is(201);

        (await other.CloseAsync(location.Replace(repository.Name, other.Name, StringComparison.Ordinal), digest)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await other.HeadAsync($"blobs/{digest}")).Is(404);
    }

    [Theory, Engines]
    public async Task D27_A_repeated_close_does_not_bring_back_what_was_deleted_meanwhile(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(1000);
        var digest = RepositoryWire.DigestOf(content);
        var location = await repository.StartAsync();
        (await repository.CloseAsync(location, digest, content)).Is(201);
        (await repository.DeleteAsync($"blobs/{digest}")).Is(202);

        // 201 says "it is there": the repetition may only say so if it is.
        var again = await repository.CloseAsync(location, digest, content);

        (await repository.HeadAsync($"blobs/{digest}")).Is(again.Status == 201 ? 200 : 404);
    }
}
