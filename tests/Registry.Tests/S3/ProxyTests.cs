using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace Registry.Tests.S3;

/// <summary>The proxy itself, so that a test that relies on a fault relies on something that happens.</summary>
[Trait("Needs", "postgres")]
public sealed class ProxyTests
{
    [Fact]
    public async Task Without_orders_the_proxy_changes_nothing_and_counts()
    {
        await using var bucket = await S3Gateway.CreateBucketAsync();
        await using var proxy = await FaultProxy.StartAsync(bucket.Gateway.Endpoint);
        using var client = bucket.Gateway.CreateClient(proxy.Address);
        var content = Oci.RandomBytes(6 << 20);

        await PutAsync(client, bucket.Name, "a/b c+d", content);
        await UploadAsync(client, bucket.Name, "parts", content);

        Assert.Equal(content, await GetAsync(client, bucket.Name, "a/b c+d"));
        Assert.Equal(content, await GetAsync(client, bucket.Name, "parts"));
        Assert.Equal(
            new Dictionary<string, int>
            {
                [S3Operation.PutObject] = 1,
                [S3Operation.CreateMultipartUpload] = 1,
                [S3Operation.UploadPart] = 1,
                [S3Operation.CompleteMultipartUpload] = 1,
                [S3Operation.GetObject] = 2,
            },
            proxy.TakeCalls());
    }

    [Fact]
    public async Task Orders_are_carried_out_as_often_as_they_say()
    {
        await using var bucket = await S3Gateway.CreateBucketAsync();
        await using var proxy = await FaultProxy.StartAsync(bucket.Gateway.Endpoint);
        using var client = bucket.Gateway.CreateClient(proxy.Address);
        var (put, get) = (Signed(client, bucket.Name, HttpVerb.PUT), Signed(client, bucket.Name, HttpVerb.GET));
        var content = Oci.RandomBytes(2 << 20);
        proxy.Fail(S3Fault.SlowDown, S3Operation.PutObject, times: 1);
        proxy.Fail(S3Fault.CutRequest(100_000), S3Operation.PutObject, times: 1);
        proxy.Fail(S3Fault.LostAnswer, S3Operation.PutObject, times: 1);
        proxy.Fail(S3Fault.CutAnswer(100_000), S3Operation.GetObject, times: 1);

        // Not the SDK, which tries again.
        using var http = new HttpClient();
        using var refused = await http.PutAsync(put, new ByteArrayContent(content));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.PutAsync(put, new ByteArrayContent(content)));
        Assert.Empty(await bucket.ObjectsAsync());
        await Assert.ThrowsAsync<HttpRequestException>(() => http.PutAsync(put, new ByteArrayContent(content)));
        Assert.Single(await bucket.ObjectsAsync());
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetByteArrayAsync(get));
        Assert.Equal(content, await http.GetByteArrayAsync(get));
        Assert.Equal(3, proxy.Calls[S3Operation.PutObject]);
    }

    [Fact]
    public async Task A_duplicate_reaches_the_server_after_the_answer()
    {
        await using var bucket = await S3Gateway.CreateBucketAsync();
        await using var proxy = await FaultProxy.StartAsync(bucket.Gateway.Endpoint);
        using var client = bucket.Gateway.CreateClient(proxy.Address);
        var later = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        proxy.Fail(S3Fault.Duplicate(() => later.Task), S3Operation.PutObject, times: 1);

        await PutAsync(client, bucket.Name, "one", Oci.RandomBytes(1000));
        await bucket.Client.DeleteObjectAsync(bucket.Name, "one");
        later.SetResult();
        await proxy.SettledAsync();

        Assert.Single(await bucket.ObjectsAsync());
    }

    private static Uri Signed(AmazonS3Client client, string bucket, HttpVerb verb) => new(client.GetPreSignedURL(new GetPreSignedUrlRequest
    {
        BucketName = bucket,
        Key = "one",
        Verb = verb,
        Protocol = Amazon.S3.Protocol.HTTP,
        Expires = DateTime.UtcNow.AddHours(1),
    }));

    private static Task PutAsync(AmazonS3Client client, string bucket, string key, byte[] content) =>
        client.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = key, InputStream = new MemoryStream(content) });

    private static async Task UploadAsync(AmazonS3Client client, string bucket, string key, byte[] content)
    {
        var id = (await client.InitiateMultipartUploadAsync(bucket, key)).UploadId;
        var part = await client.UploadPartAsync(
            new UploadPartRequest { BucketName = bucket, Key = key, UploadId = id, PartNumber = 1, InputStream = new MemoryStream(content) });
        await client.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest { BucketName = bucket, Key = key, UploadId = id, PartETags = [new PartETag(1, part.ETag)] });
    }

    private static async Task<byte[]> GetAsync(AmazonS3Client client, string bucket, string key)
    {
        using var answer = await client.GetObjectAsync(bucket, key);
        var content = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(content);
        return content.ToArray();
    }
}
