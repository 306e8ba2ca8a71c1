using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Uploads;

/// <summary>The draft's hint at POST: which algorithm the close will name.</summary>
[OnS3]
public sealed class DigestAlgorithmTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task A_supported_hint_opens_a_session_that_closes_with_it(Engine engine, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(3000);
        var digest = RepositoryWire.DigestOf(content, algorithm);
        var location = (await repository.StreamAsync(await repository.StartAsync($"?digest-algorithm={algorithm}"), content.AsMemory(0, 1000))).Is(202).Location;

        (await repository.CloseAsync(location, digest, content.AsMemory(1000))).Is(201).Has("Docker-Content-Digest", digest);

        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, Engines("sha256", "sha512"), Engines("sha512", "sha256")]
    public async Task A_hint_that_was_wrong_does_not_stop_the_close(Engine engine, string hint, string algorithm)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(3000);
        var digest = RepositoryWire.DigestOf(content, algorithm);
        var location = (await repository.StreamAsync(await repository.StartAsync($"?digest-algorithm={hint}"), content.AsMemory(0, 1000))).Is(202).Location;

        (await repository.CloseAsync(location, digest, content.AsMemory(1000))).Is(201).Has("Docker-Content-Digest", digest);
    }

    [Theory, Engines("md5"), Engines("sha1"), Engines("blake3"), Engines("SHA512"), Engines("sha-512"), Engines("%00")]
    public async Task An_unsupported_hint_is_400(Engine engine, string hint)
    {
        var repository = await registry.RepositoryAsync(engine);

        (await repository.PostAsync($"?digest-algorithm={hint}")).IsError(400, "DIGEST_INVALID", "UNSUPPORTED");
    }
}
