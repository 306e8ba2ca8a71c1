using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Uploads;

/// <summary>distribution-spec end-4b and end-6: a whole blob in one request, or in a POST and a PUT.</summary>
[OnS3]
public sealed class MonolithicUploadTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task POST_and_PUT_store_a_blob(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(3000);
        var digest = RepositoryWire.DigestOf(content, algorithm);

        var answer = (await repository.CloseAsync(await repository.StartAsync(), digest, content)).Is(201);

        answer.Has("Docker-Content-Digest", digest).Has("Content-Length", "0").Has("Location", repository.At($"blobs/{digest}"));
        Assert.Equal(content, (await repository.Http.SendAsync("GET", answer.Location)).Is(200).Body);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task One_POST_stores_a_blob(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(3000);
        var digest = RepositoryWire.DigestOf(content, algorithm);

        var answer = (await repository.PostAsync($"?digest={Uri.EscapeDataString(digest)}", Wire.Http.Sized(content))).Is(201);

        answer.Has("Docker-Content-Digest", digest).Has("Location", repository.At($"blobs/{digest}"));
        Assert.Equal(content, (await repository.Http.SendAsync("GET", answer.Location)).Is(200).Body);
    }

    [Theory, Engines]
    public async Task One_POST_stores_the_empty_blob(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var digest = RepositoryWire.DigestOf([]);

        (await repository.PostAsync($"?digest={digest}", Wire.Http.Sized(Array.Empty<byte>()))).Is(201);

        (await repository.HeadAsync($"blobs/{digest}")).Is(200).Has("Content-Length", "0");
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_blob_that_exists_already_is_stored_again_without_complaint(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(500);

        var first = await repository.PushBlobAsync(content, algorithm);
        var second = await repository.PushBlobAsync(content, algorithm);

        Assert.Equal(first, second);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{first}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task The_body_of_PUT_may_come_in_chunked_coding(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(70_000);
        var digest = RepositoryWire.DigestOf(content);
        var location = RepositoryWire.With(await repository.StartAsync(), $"digest={digest}");

        (await repository.Http.SendAsync("PUT", location, Wire.Http.Streamed(content))).Is(201);

        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task The_content_type_of_a_body_does_not_matter(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        foreach (var type in new[] { null, "application/x-tar", "text/plain; charset=utf-8", "application/vnd.docker.image.rootfs.diff.tar.gzip" })
        {
            var content = Oci.RandomBytes(50);
            var location = RepositoryWire.With(await repository.StartAsync(), $"digest={RepositoryWire.DigestOf(content)}");

            (await repository.Http.SendAsync("PUT", location, Wire.Http.Sized(content, type))).Is(201);
        }
    }

    [Theory, Engines]
    public async Task A_query_that_begins_with_an_ampersand_is_understood(Engine engine)
    {
        // The .NET SDK appends "&digest=" to a Location without a query: the URL ends in "?&digest=".
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(50);
        var location = await repository.StartAsync();

        (await repository.Http.SendAsync("PUT", $"{location}?&digest={RepositoryWire.DigestOf(content)}", Wire.Http.Sized(content))).Is(201);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_digest_that_is_not_that_of_the_content_ends_the_upload(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var wrong = RepositoryWire.DigestOf(Oci.RandomBytes(32), algorithm);
        var location = await repository.StartAsync();

        (await repository.CloseAsync(location, wrong, Oci.RandomBytes(100))).IsError(400, "DIGEST_INVALID");

        (await repository.StatusAsync(location)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await repository.HeadAsync($"blobs/{wrong}")).Is(404);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_single_POST_with_a_wrong_digest_stores_nothing(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100);
        var wrong = RepositoryWire.DigestOf(Oci.RandomBytes(32), algorithm);

        (await repository.PostAsync($"?digest={wrong}", Wire.Http.Sized(content))).IsError(400, "DIGEST_INVALID");

        (await repository.HeadAsync($"blobs/{wrong}")).Is(404);
        (await repository.HeadAsync($"blobs/{RepositoryWire.DigestOf(content, algorithm)}")).Is(404);
    }

    [Theory, Engines]
    public async Task A_close_without_a_digest_is_400_and_the_session_survives(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100);
        var location = (await repository.StreamAsync(await repository.StartAsync(), content)).Is(202).Location;

        (await repository.Http.SendAsync("PUT", location)).IsError(400, "DIGEST_INVALID");

        (await repository.CloseAsync(location, RepositoryWire.DigestOf(content))).Is(201);
    }

    [Theory, Engines]
    public async Task Many_uploads_of_one_blob_at_once_all_succeed(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(20_000);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => repository.PushBlobAsync(content)));

        Assert.Equal(content, (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf(content)}")).Is(200).Body);
    }
}
