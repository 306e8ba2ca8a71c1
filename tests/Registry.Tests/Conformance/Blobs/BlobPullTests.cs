using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Blobs;

/// <summary>distribution-spec end-2: GET and HEAD of blobs.</summary>
[OnS3]
public sealed class BlobPullTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_blob_comes_back_byte_for_byte_with_its_headers(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(2048);
        var digest = await repository.PushBlobAsync(content, algorithm);

        var answer = (await repository.GetAsync($"blobs/{digest}")).Is(200);

        Assert.Equal(content, answer.Body);
        answer.Has("Content-Length", "2048").Has("Docker-Content-Digest", digest).Has("Content-Type", "application/octet-stream")
            .Has("ETag", $"\"{digest}\"").Has("Accept-Ranges", "bytes").Has("Content-Encoding", null)
            .Has("Docker-Distribution-API-Version", "registry/2.0");
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task HEAD_has_the_headers_of_GET_and_no_body(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var digest = await repository.PushBlobAsync(Oci.RandomBytes(2048), algorithm);

        var answer = (await repository.HeadAsync($"blobs/{digest}")).Is(200);

        Assert.Empty(answer.Body);
        answer.Has("Content-Length", "2048").Has("Docker-Content-Digest", digest).Has("Content-Type", "application/octet-stream")
            .Has("ETag", $"\"{digest}\"").Has("Accept-Ranges", "bytes");
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task The_empty_blob_has_a_length_of_zero_on_GET_and_HEAD(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var digest = await repository.PushBlobAsync(Array.Empty<byte>(), algorithm);

        Assert.Empty((await repository.GetAsync($"blobs/{digest}")).Is(200).Has("Content-Length", "0").Body);
        (await repository.HeadAsync($"blobs/{digest}")).Is(200).Has("Content-Length", "0").Has("Docker-Content-Digest", digest);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task The_empty_JSON_object_is_a_blob_like_any_other(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var digest = RepositoryWire.DigestOf("{}"u8, algorithm);
        (await repository.HeadAsync($"blobs/{digest}")).Is(404);

        await repository.PushBlobAsync(Oci.EmptyContent, algorithm);
        Assert.Equal("{}", (await repository.GetAsync($"blobs/{digest}")).Is(200).Text);

        (await repository.DeleteAsync($"blobs/{digest}")).Is(202);
        (await repository.HeadAsync($"blobs/{digest}")).Is(404);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_missing_blob_is_404_BLOB_UNKNOWN(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushBlobAsync(Oci.RandomBytes(1));
        var missing = RepositoryWire.DigestOf(Oci.RandomBytes(32), algorithm);

        (await repository.GetAsync($"blobs/{missing}")).IsError(404, "BLOB_UNKNOWN");
        Assert.Empty((await repository.HeadAsync($"blobs/{missing}")).Is(404).Body);
    }

    [Theory, Engines]
    public async Task A_blob_of_a_repository_that_does_not_exist_is_404(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);

        (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf("x"u8)}")).IsError(404, "BLOB_UNKNOWN", "NAME_UNKNOWN");
        (await repository.HeadAsync($"blobs/{RepositoryWire.DigestOf("x"u8)}")).Is(404);
    }

    [Theory, Engines]
    public async Task A_blob_is_visible_only_in_the_repository_it_was_pushed_to(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var digest = await repository.PushBlobAsync(Oci.RandomBytes(100));
        var other = repository.Sibling("/other");
        await other.PushBlobAsync(Oci.RandomBytes(100));

        (await other.GetAsync($"blobs/{digest}")).IsError(404, "BLOB_UNKNOWN");
        (await other.HeadAsync($"blobs/{digest}")).Is(404);
    }

    [Theory, Engines]
    public async Task The_same_bytes_under_another_algorithm_are_another_blob(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100);
        await repository.PushBlobAsync(content, "sha256");

        (await repository.HeadAsync($"blobs/{RepositoryWire.DigestOf(content, "sha512")}")).Is(404);

        var longer = await repository.PushBlobAsync(content, "sha512");
        (await repository.HeadAsync($"blobs/{longer}")).Is(200).Has("Docker-Content-Digest", longer);
    }

    [Theory, Engines]
    public async Task A_digest_may_be_escaped_in_the_path(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var digest = await repository.PushBlobAsync(Oci.RandomBytes(10));

        (await repository.GetAsync($"blobs/{digest.Replace(":", "%3A", StringComparison.Ordinal)}")).Is(200).Has("Docker-Content-Digest", digest);
        (await repository.GetAsync($"blobs/{digest.Replace(":", "%3a", StringComparison.Ordinal)}")).Is(200);
    }

    [Theory, Engines]
    public async Task Nothing_is_compressed_for_a_client_that_would_take_it(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = new byte[100_000];
        Oci.RandomBytes(16).CopyTo(content, 0);
        var digest = await repository.PushBlobAsync(content);

        var answer = await repository.GetAsync($"blobs/{digest}", ("Accept-Encoding", "zstd;q=1.0, gzip;q=0.8, deflate;q=0.5"));

        Assert.Equal(content, answer.Is(200).Has("Content-Encoding", null).Has("Content-Length", "100000").Body);
    }

    [Theory, Engines]
    public async Task A_namespace_parameter_of_a_mirror_client_does_not_hurt(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(10);
        var digest = RepositoryWire.DigestOf(content);
        var location = await repository.StartAsync("?ns=docker.io");

        (await repository.CloseAsync(RepositoryWire.With(location, "ns=docker.io"), digest, content)).Is(201);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}?ns=docker.io")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task A_large_blob_comes_back_byte_for_byte(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes((5 << 20) + 17);
        var digest = await repository.PushBlobAsync(content);

        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }
}
