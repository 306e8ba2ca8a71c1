namespace Registry.Tests.S3;

/// <summary>What a push and a pull cost at the S3 server, which docs/operations.md tells: nothing is copied, and nothing is read twice.</summary>
[Trait("Needs", "postgres")]
public sealed class CallCountTests
{
    private const int Large = 40 << 20;
    private const int SmallestPart = 5 << 20;

    [Fact]
    public async Task A_small_blob_is_one_put_and_one_get_and_a_manifest_is_nothing()
    {
        await using var rig = await S3Rig.StartAsync();
        var repository = rig.App.Repository("library/app");
        var image = Image.Random(layers: 1, layerSize: 100_000);

        await repository.PushImageAsync(image, "v1");
        Assert.Equal(Calls((S3Operation.PutObject, image.Blobs.Count)), rig.Proxy.TakeCalls());

        (await repository.GetManifestAsync("v1")).Dispose();
        (await repository.HeadManifestAsync(image.Digest)).Dispose();
        (await repository.TagsAsync()).Dispose();
        (await repository.HeadBlobAsync(image.Config.Digest)).Dispose();
        await repository.PushBlobAsync(image.Blobs[image.Config.Digest]);
        Assert.Equal(Calls((S3Operation.PutObject, 1)), rig.Proxy.TakeCalls());

        (await repository.GetBlobAsync(image.Config.Digest)).Dispose();
        Assert.Equal(Calls((S3Operation.GetObject, 1)), rig.Proxy.TakeCalls());
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(64 << 10)] // as the .NET SDK pushes
    [InlineData(7 << 20)]
    public async Task A_large_blob_is_its_parts_and_two_calls_more_in_whatever_chunks_it_comes(int chunk)
    {
        await using var rig = await S3Rig.StartAsync();
        var content = Oci.RandomBytes(Large);

        Assert.Equal(0, await rig.PushAsync(content, chunk));

        var calls = rig.Proxy.TakeCalls();
        Assert.Equal(1, calls[S3Operation.CreateMultipartUpload]);
        Assert.InRange(calls[S3Operation.UploadPart], 2, Large / SmallestPart);
        Assert.Equal(1, calls[S3Operation.CompleteMultipartUpload]);
        Assert.InRange(calls.GetValueOrDefault(S3Operation.HeadObject), 0, 1);
        Assert.Equal(
            [S3Operation.CompleteMultipartUpload, S3Operation.CreateMultipartUpload, S3Operation.UploadPart],
            calls.Keys.Where(operation => operation != S3Operation.HeadObject).Order(StringComparer.Ordinal));

        await rig.AssertHoldsAsync(content);
        Assert.Equal(Calls((S3Operation.GetObject, 1)), rig.Proxy.TakeCalls());
    }

    private static Dictionary<string, int> Calls(params (string Operation, int Count)[] calls) => calls.ToDictionary(call => call.Operation, call => call.Count);
}
