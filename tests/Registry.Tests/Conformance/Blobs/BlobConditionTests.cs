using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Blobs;

/// <summary>RFC 9110 chapter 13: a client that has the blob is told so.</summary>
[OnS3]
public sealed class BlobConditionTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory]
    [Engines("\"{0}\"")]
    [Engines("{0}")]
    [Engines("W/\"{0}\"")]
    [Engines("*")]
    [Engines("\"sha256:other\", \"{0}\"")]
    public async Task A_blob_the_client_has_is_304_without_a_body(Engine engine, string condition)
    {
        var repository = await registry.RepositoryAsync(engine);
        var digest = await repository.PushBlobAsync(Oci.RandomBytes(100));
        var header = ("If-None-Match", condition.Replace("{0}", digest, StringComparison.Ordinal));

        var answer = (await repository.GetAsync($"blobs/{digest}", header)).Is(304).Has("ETag", $"\"{digest}\"");
        Assert.Empty(answer.Body);
        (await repository.HeadAsync($"blobs/{digest}", header)).Is(304);
    }

    [Theory, Engines]
    public async Task A_blob_the_client_does_not_have_is_sent(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100);
        var digest = await repository.PushBlobAsync(content);

        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}", ("If-None-Match", "\"sha256:other\""))).Is(200).Body);
    }

    [Theory, Engines]
    public async Task A_missing_blob_is_404_whatever_the_client_says_it_has(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var digest = RepositoryWire.DigestOf(Oci.RandomBytes(9));

        (await repository.GetAsync($"blobs/{digest}", ("If-None-Match", $"\"{digest}\""))).Is(404);
        (await repository.GetAsync($"blobs/{digest}", ("If-None-Match", "*"))).Is(404);
    }

    [Theory, Engines]
    public async Task The_condition_is_looked_at_before_the_range(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var digest = await repository.PushBlobAsync(Oci.RandomBytes(100));

        (await repository.GetAsync($"blobs/{digest}", ("Range", "bytes=0-9"), ("If-None-Match", $"\"{digest}\""))).Is(304);
    }
}
