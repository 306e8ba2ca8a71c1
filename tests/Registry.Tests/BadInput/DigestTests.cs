using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>Digests out of grammar, in unknown algorithms, or of other content.</summary>
[OnS3]
public sealed class DigestTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private static readonly string Hex = new('a', 64);

    public static readonly string[] Malformed =
    [
        "sha256:", "sha256:abc", $"sha256:{Hex}a", $"sha256:{Hex[1..]}", $"sha256:{Hex.ToUpperInvariant()}", $"sha256:{Hex[1..]}g",
        $"SHA256:{Hex}", $"Sha256:{Hex}", $":{Hex}", $"sha256::{Hex[1..]}", $"sha512:{Hex}", $"sha512:{Hex}{Hex}a", $"sha256:{Hex}{Hex}",
        $"sha_:{Hex}", $"+sha256:{Hex}", $"sha256+:{Hex}", $"sha..256:{Hex}", $"sha256:{Hex[1..]}!", $"md5:{Hex}$", $"sha256:{Hex[2..]}~-", "a:b:c",
    ];

    public static readonly string[] Unsupported = ["md5:d41d8cd98f00b204e9800998ecf8427e", $"sha1:{Hex[24..]}", $"blake3:{Hex}", "sha384:" + new string('b', 96), "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8"];

    [Theory, Engines]
    public async Task S61_A_malformed_digest_is_400_on_every_endpoint(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();
        foreach (var digest in Malformed)
        {
            (await repository.GetAsync($"blobs/{digest}")).IsError(400, "DIGEST_INVALID");
            (await repository.HeadAsync($"blobs/{digest}")).Is(400);
            (await repository.DeleteAsync($"blobs/{digest}")).IsError(400, "DIGEST_INVALID");
            (await repository.GetAsync($"referrers/{digest}")).IsError(400, "DIGEST_INVALID");
            (await repository.GetAsync($"manifests/{digest}")).IsError(400, "DIGEST_INVALID");
            (await repository.HeadAsync($"manifests/{digest}")).Is(400);
            (await repository.DeleteAsync($"manifests/{digest}")).IsError(400, "DIGEST_INVALID");
            (await repository.PutManifestAsync(digest, content, Oci.ManifestType)).IsError(400, "DIGEST_INVALID");
        }
    }

    [Theory, Engines]
    public async Task S61_A_malformed_digest_is_400_on_every_way_to_upload(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(10);
        foreach (var digest in Malformed.Append("").Append("nodigest"))
        {
            var escaped = Uri.EscapeDataString(digest);
            (await repository.PostAsync($"?digest={escaped}", Wire.Http.Sized(content))).IsError(400, "DIGEST_INVALID");
            (await repository.PostAsync($"?mount={escaped}&from={repository.Name}")).IsError(400, "DIGEST_INVALID");
            (await repository.CloseAsync(await repository.StartAsync(), digest, content)).IsError(400, "DIGEST_INVALID");
        }
    }

    [Theory, Engines]
    public async Task S61_Content_in_an_unknown_algorithm_is_never_there_and_never_taken(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        var content = Oci.RandomBytes(10);
        foreach (var digest in Unsupported)
        {
            (await repository.GetAsync($"blobs/{digest}")).IsError(404, "BLOB_UNKNOWN", "DIGEST_INVALID");
            (await repository.HeadAsync($"blobs/{digest}")).Is(404);
            (await repository.GetAsync($"manifests/{digest}")).IsError(404, "MANIFEST_UNKNOWN", "DIGEST_INVALID");
            (await repository.HeadAsync($"manifests/{digest}")).Is(404);
            Assert.Empty((await repository.GetAsync($"referrers/{digest}")).Is(200).Json()["manifests"]!.AsArray());

            (await repository.PutManifestAsync(digest, image.Content, image.MediaType)).IsError(400, "DIGEST_INVALID", "UNSUPPORTED");
            (await repository.PostAsync($"?digest={Uri.EscapeDataString(digest)}", Wire.Http.Sized(content))).IsError(400, "DIGEST_INVALID", "UNSUPPORTED");
            (await repository.CloseAsync(await repository.StartAsync(), digest, content)).IsError(400, "DIGEST_INVALID", "UNSUPPORTED");
        }
    }

    [Theory, Engines]
    public async Task S61_A_descriptor_with_a_malformed_digest_is_400(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        foreach (var digest in Malformed.Append("").Append("latest").Append("../../etc/passwd"))
        {
            var document = await repository.ImageOfFreshBlobsAsync();
            document["layers"]![0]!["digest"] = digest;
            (await repository.PutManifestAsync("v1", document.Bytes(), Oci.ManifestType)).IsError(400, "MANIFEST_INVALID", "DIGEST_INVALID");

            var index = Documents.Index(Documents.Descriptor(Oci.ManifestType, digest, 7));
            (await repository.PutManifestAsync("v1", index.Bytes(), Oci.IndexType)).IsError(400, "MANIFEST_INVALID", "DIGEST_INVALID");

            var referrer = (await repository.ImageOfFreshBlobsAsync()).With("subject", Documents.Descriptor(Oci.ManifestType, digest, 7));
            (await repository.PutManifestAsync("v1", referrer.Bytes(), Oci.ManifestType)).IsError(400, "MANIFEST_INVALID", "DIGEST_INVALID");
        }
    }

    [Theory, Engines]
    public async Task S61_An_upload_that_failed_its_digest_leaves_nothing_behind_and_can_be_made_again(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(1000);
        var digest = RepositoryWire.DigestOf(content);
        byte[] changed = [.. content[..^1], (byte)(content[^1] ^ 1)];

        (await repository.PostAsync($"?digest={digest}", Wire.Http.Sized(changed))).IsError(400, "DIGEST_INVALID");
        (await repository.CloseAsync(await repository.StartAsync(), digest, changed)).IsError(400, "DIGEST_INVALID");
        var chunk = (await repository.ChunkAsync(await repository.StartAsync(), changed, 0)).Is(202).Location;
        (await repository.CloseAsync(chunk, digest)).IsError(400, "DIGEST_INVALID");
        var stream = (await repository.StreamAsync(await repository.StartAsync(), changed)).Is(202).Location;
        (await repository.CloseAsync(stream, digest)).IsError(400, "DIGEST_INVALID");
        (await repository.HeadAsync($"blobs/{digest}")).Is(404);
        (await repository.HeadAsync($"blobs/{RepositoryWire.DigestOf(changed)}")).Is(404);

        await repository.PushBlobAsync(content);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }
}
