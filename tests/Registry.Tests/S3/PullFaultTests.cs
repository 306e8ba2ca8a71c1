using Registry.Tests.Wire;

namespace Registry.Tests.S3;

/// <summary>D10, D26: a pull ends with all the right bytes, with 503, or with a connection that visibly broke.</summary>
[Trait("Needs", "postgres")]
public sealed class PullFaultTests
{
    [Fact]
    public async Task D10_A_client_that_comes_back_gets_every_byte_whatever_S3_does()
    {
        await using var rig = await S3Rig.StartAsync();
        var content = Oci.RandomBytes(12 << 20);
        await rig.PushAsync(content);
        S3Fault[] faults =
            [S3Fault.SlowDown, S3Fault.InternalError, S3Fault.LostRequest, S3Fault.LostAnswer, S3Fault.CutAnswer(0), S3Fault.CutAnswer(1), S3Fault.CutAnswer(5 << 20)];

        foreach (var fault in faults)
        {
            foreach (var times in new[] { 1, 6 })
            {
                rig.Proxy.Fail(fault, S3Operation.GetObject, times);
                await PullAsync(rig, content);
                rig.Proxy.Heal();
            }
        }
    }

    [Fact]
    public async Task D14_An_object_that_is_gone_or_short_is_never_served_as_whole()
    {
        await using var bucket = await S3Gateway.CreateBucketAsync();
        await using var app = await RegistryApp.StartAsync(Engine.Postgres, bucket.Settings);
        var repository = new RepositoryWire(app.Client, "library/app");
        var (shortened, removed) = (Oci.RandomBytes(300_000), Oci.RandomBytes(200_000));
        await repository.PushBlobAsync(shortened);
        await repository.PushBlobAsync(removed);
        foreach (var (key, size) in await bucket.ObjectsAsync())
        {
            if (size == removed.Length)
            {
                await bucket.Client.DeleteObjectAsync(bucket.Name, key);
            }
            else
            {
                await bucket.Client.PutObjectAsync(new() { BucketName = bucket.Name, Key = key, InputStream = new MemoryStream(shortened[..1000]) });
            }
        }

        Assert.Null(await TryPullAsync(repository, shortened));
        Assert.Null(await TryPullAsync(repository, removed));
    }

    private static Task PullAsync(S3Rig rig, byte[] content) => Eventually.TrueAsync(
        async () =>
        {
            var pulled = await TryPullAsync(rig.Repository, content);
            Assert.True(pulled is null || pulled.AsSpan().SequenceEqual(content), "a wrong byte was served");
            return pulled is not null;
        },
        "the blob is pulled");

    /// <summary>The body of a 200 that came to its end.</summary>
    private static async Task<byte[]?> TryPullAsync(RepositoryWire repository, byte[] content)
    {
        try
        {
            var answer = await repository.GetAsync($"blobs/{Oci.Digest(content)}");
            return answer.IsOneOf(200, 404, 500, 503).Status == 200 ? answer.Body : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return null;
        }
    }
}
