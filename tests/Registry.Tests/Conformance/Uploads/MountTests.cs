using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Uploads;

/// <summary>distribution-spec end-11: a blob of one repository becomes visible in another.</summary>
[OnS3]
public sealed class MountTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_blob_of_another_repository_is_mounted(Engine engine, string algorithm)
    {
        var target = await registry.RepositoryAsync(engine);
        var source = target.Sibling("/source");
        var content = Oci.RandomBytes(700);
        var digest = await source.PushBlobAsync(content, algorithm);

        var answer = (await target.PostAsync($"?mount={Uri.EscapeDataString(digest)}&from={Uri.EscapeDataString(source.Name)}")).Is(201);

        answer.Has("Docker-Content-Digest", digest).Has("Location", target.At($"blobs/{digest}")).Has("Content-Length", "0");
        Assert.Equal(content, (await target.Http.SendAsync("GET", answer.Location)).Is(200).Body);
        (await target.DeleteAsync($"blobs/{digest}")).Is(202);
        (await source.HeadAsync($"blobs/{digest}")).Is(200);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_mount_without_a_source_finds_the_blob_anywhere_the_caller_may_pull(Engine engine, string algorithm)
    {
        var target = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(700);
        var digest = await target.Sibling("/source").PushBlobAsync(content, algorithm);

        var answer = (await target.PostAsync($"?mount={digest}")).Is(201).Has("Docker-Content-Digest", digest);

        Assert.Equal(content, (await target.Http.SendAsync("GET", answer.Location)).Is(200).Body);
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_mount_of_a_blob_that_is_nowhere_is_an_upload_session(Engine engine, string algorithm)
    {
        var target = await registry.RepositoryAsync(engine);
        var source = target.Sibling("/source");
        await source.PushBlobAsync(Oci.RandomBytes(1));
        var content = Oci.RandomBytes(700);
        var digest = RepositoryWire.DigestOf(content, algorithm);

        var answer = (await target.PostAsync($"?mount={digest}&from={source.Name}")).Is(202).Has("Range", "0-0");

        (await target.HeadAsync($"blobs/{digest}")).Is(404);
        (await target.CloseAsync(answer.Location, digest, content)).Is(201);
        Assert.Equal(content, (await target.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory]
    [Engines("no/such-repository")]
    [Engines("UPPER/../case")]
    [Engines("")]
    public async Task A_mount_from_a_name_that_is_unknown_or_no_name_is_an_upload_session(Engine engine, string from)
    {
        var target = await registry.RepositoryAsync(engine);
        var digest = RepositoryWire.DigestOf(Oci.RandomBytes(32));

        (await target.PostAsync($"?mount={digest}&from={Uri.EscapeDataString(from)}")).Is(202);
    }

    [Theory, Engines]
    public async Task A_mount_of_a_blob_that_the_named_source_lacks_is_an_upload_session(Engine engine)
    {
        var target = await registry.RepositoryAsync(engine);
        var digest = await target.Sibling("/holder").PushBlobAsync(Oci.RandomBytes(100));
        var other = target.Sibling("/other");
        await other.PushBlobAsync(Oci.RandomBytes(100));

        (await target.PostAsync($"?mount={digest}&from={other.Name}")).Is(202);

        (await target.HeadAsync($"blobs/{digest}")).Is(404);
    }

    [Theory, Engines]
    public async Task A_mount_from_the_repository_itself_is_a_mount(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var digest = await repository.PushBlobAsync(Oci.RandomBytes(100));

        (await repository.PostAsync($"?mount={digest}&from={repository.Name}")).Is(201);
    }

    [Theory, Engines("sha256:short"), Engines("nodigest"), Engines("")]
    public async Task A_mount_of_a_malformed_digest_is_400(Engine engine, string digest)
    {
        var repository = await registry.RepositoryAsync(engine);

        (await repository.PostAsync($"?mount={digest}&from=library/app")).IsError(400, "DIGEST_INVALID");
    }

    [Theory, Engines]
    public async Task A_mounted_blob_can_be_named_by_a_manifest(Engine engine)
    {
        var target = await registry.RepositoryAsync(engine);
        var source = target.Sibling("/source");
        var document = await source.ImageOfFreshBlobsAsync(layers: 2);
        foreach (var blob in document["layers"]!.AsArray().Append(document["config"]))
        {
            (await target.PostAsync($"?mount={blob!["digest"]}&from={source.Name}&origin=registry.example")).Is(201);
        }

        await target.PushAsync(document, "v1");

        (await target.HeadAsync("manifests/v1")).Is(200);
    }
}
