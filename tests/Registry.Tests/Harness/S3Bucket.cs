using System.Net;
using Amazon.S3;
using Amazon.S3.Model;

namespace Registry.Tests;

/// <summary>A bucket of one test: what the registry is told about it, and what lies in it.</summary>
public sealed class S3Bucket(S3Gateway gateway, string name) : IAsyncDisposable
{
    private readonly AmazonS3Client _client = gateway.CreateClient();

    public S3Gateway Gateway => gateway;

    public string Name => name;

    public AmazonS3Client Client => _client;

    /// <summary>The settings of a registry that keeps its objects here.</summary>
    public (string Key, string Value)[] Settings =>
    [
        ("Storage:S3:Bucket", name),
        ("Storage:S3:Endpoint", gateway.Endpoint.ToString()),
        ("Storage:S3:Region", "us-east-1"),
        ("Storage:S3:AccessKey", S3Gateway.AccessKey),
        ("Storage:S3:SecretKey", S3Gateway.SecretKey),
    ];

    public static async Task<S3Bucket> CreateAsync(S3Gateway gateway, string name)
    {
        var bucket = new S3Bucket(gateway, name);
        await bucket._client.PutBucketAsync(name);
        return bucket;
    }

    /// <summary>All keys with their sizes.</summary>
    public async Task<IReadOnlyDictionary<string, long>> ObjectsAsync()
    {
        var objects = new Dictionary<string, long>();
        await foreach (var found in _client.Paginators.ListObjectsV2(new ListObjectsV2Request { BucketName = name }).S3Objects)
        {
            objects.Add(found.Key, found.Size ?? 0);
        }

        return objects;
    }

    /// <summary>The keys of the multipart uploads that are neither completed nor aborted.</summary>
    public async Task<IReadOnlyList<string>> OpenUploadsAsync() => [.. (await ListUploadsAsync()).Select(upload => upload.Key)];

    /// <summary>Removes the bucket and all that is in it.</summary>
    public async ValueTask DisposeAsync()
    {
        using (_client)
        {
            try
            {
                foreach (var upload in await ListUploadsAsync())
                {
                    await _client.AbortMultipartUploadAsync(name, upload.Key, upload.UploadId);
                }

                foreach (var keys in (await ObjectsAsync()).Keys.Chunk(1000))
                {
                    await _client.DeleteObjectsAsync(new DeleteObjectsRequest { BucketName = name, Objects = [.. keys.Select(key => new KeyVersion { Key = key })] });
                }

                await _client.DeleteBucketAsync(name);
            }
            catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
            {
                // Something was written or removed meanwhile. The bucket goes with its gateway.
            }
        }
    }

    private async Task<List<MultipartUpload>> ListUploadsAsync()
    {
        var uploads = new List<MultipartUpload>();
        await foreach (var upload in _client.Paginators.ListMultipartUploads(new ListMultipartUploadsRequest { BucketName = name }).Uploads)
        {
            uploads.Add(upload);
        }

        return uploads;
    }
}
