using System.Globalization;
using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Registry.Storage.Oci;

namespace Registry.Storage.Objects.S3;

/// <summary>The few requests that are sent to the store. What fails is an <see cref="IOException"/>, after the client's own repetitions.</summary>
internal sealed class S3Bucket(S3Options options) : IDisposable
{
    // What an address that was given to a client is good for. It has to begin its download in this time, not to end it.
    private static readonly TimeSpan AddressLifetime = TimeSpan.FromMinutes(20);

    private readonly AmazonS3Client client = S3Client.Create(options, options.Endpoint);
    private readonly AmazonS3Client? signer = options.PublicEndpoint is { } address ? S3Client.Create(options, address) : null;

    /// <summary>Asks for what every upload needs: the bucket, the key, the right to see what has been begun.</summary>
    public async Task CheckAsync(string prefix, CancellationToken cancellationToken)
    {
        try
        {
            await client.ListMultipartUploadsAsync(
                new ListMultipartUploadsRequest { BucketName = options.Bucket, Prefix = prefix, MaxUploads = 1 }, cancellationToken);
        }
        catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.NotFound)
        {
            throw new IOException($"Storage:S3:Bucket is \"{options.Bucket}\"; allowed is a bucket that exists at {Where} ({e.ErrorCode})", e);
        }
        catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest)
        {
            throw new IOException(
                $"Storage:S3: {Where} refuses the credentials for bucket \"{options.Bucket}\" ({e.ErrorCode}); allowed are an access key and secret that may list, read, write and delete there", e);
        }
        catch (Exception e) when (IsFailure(e, cancellationToken))
        {
            throw new IOException($"Storage:S3: bucket \"{options.Bucket}\" at {Where} cannot be reached: {e.Message}", e);
        }
    }

    /// <param name="key">The key.</param>
    /// <param name="content">The object, which may be read several times.</param>
    /// <param name="md5">Its MD5 in base64, for the store to compare; null to leave that to the checksum that is configured.</param>
    public Task PutAsync(string key, Stream content, string? md5 = null) => AskAsync(
        "put", key, () => client.PutObjectAsync(Encrypted(new PutObjectRequest
        {
            BucketName = options.Bucket,
            Key = key,
            InputStream = content,
            MD5Digest = md5,
            AutoCloseStream = false,
            ContentType = "application/octet-stream",
            DisablePayloadSigning = IsEncrypted,
        })));

    /// <summary>Begins an upload in parts; what the store calls it.</summary>
    public async Task<string> BeginAsync(string key)
    {
        var (begun, isRepeated) = await AskAsync(
            "begin", key, () => RequestCount.OfAsync(() => client.InitiateMultipartUploadAsync(Encrypted(new InitiateMultipartUploadRequest
            {
                BucketName = options.Bucket,
                Key = key,
                ContentType = "application/octet-stream",
            }))));
        if (isRepeated)
        {
            // The first may have been carried out, and its answer lost (D9): nobody knows that one, and completing the other leaves it.
            await TryAbortAsync(key, CancellationToken.None, except: begun.UploadId);
        }

        return begun.UploadId;
    }

    /// <summary>Sends a part; its ETag.</summary>
    /// <exception cref="OciException">BLOB_UPLOAD_UNKNOWN: the upload was given up, and aborted by whoever has removed it.</exception>
    public async Task<string> PutPartAsync(
        string key, string multipartId, int number, Stream content, CancellationToken cancellationToken, string? md5 = null)
    {
        var request = new UploadPartRequest
        {
            BucketName = options.Bucket,
            Key = key,
            UploadId = multipartId,
            PartNumber = number,
            PartSize = content.Length,
            InputStream = content,
            MD5Digest = md5,
            DisablePayloadSigning = IsEncrypted,
        };
        try
        {
            return (await client.UploadPartAsync(request, cancellationToken)).ETag;
        }
        catch (AmazonS3Exception e) when (e.ErrorCode is "NoSuchUpload" or "NoSuchKey")
        {
            throw new OciException(OciError.BlobUploadUnknown);
        }
        catch (Exception e) when (IsFailure(e, cancellationToken))
        {
            throw Failure("put a part of", key, e);
        }
    }

    /// <summary>The numbers of the parts that have come after one, in their order; those of one page, which are more than can be under way.</summary>
    public async Task<IReadOnlyList<long>> ListPartsAsync(string key, string multipartId, long after)
    {
        var found = await AskAsync("list the parts of", key, () => client.ListPartsAsync(new ListPartsRequest
        {
            BucketName = options.Bucket,
            Key = key,
            UploadId = multipartId,
            PartNumberMarker = after.ToString(CultureInfo.InvariantCulture),
        }));
        return [.. (found.Parts ?? []).Select(part => (long)(part.PartNumber ?? 0)).Where(number => number > after).Order()];
    }

    /// <summary>Joins the parts, and makes sure that they are joined: a store may say 200 and mean an error (D10), or answer late.</summary>
    public async Task CompleteAsync(string key, string multipartId, IReadOnlyList<MultipartPart> parts, long length)
    {
        var failure = default(IOException);
        try
        {
            await AskAsync("complete", key, () => client.CompleteMultipartUploadAsync(new CompleteMultipartUploadRequest
            {
                BucketName = options.Bucket,
                Key = key,
                UploadId = multipartId,
                PartETags = [.. parts.Select(part => new PartETag((int)part.Number, part.ETag))],
            }));
        }
        catch (IOException e)
        {
            failure = e;
        }

        if (await FindLengthAsync(key, CancellationToken.None) is var found && found != length)
        {
            throw new IOException(found is null ? $"{key} was not completed: {failure?.Message}" : $"{key} has {found} bytes in the store, not {length}", failure);
        }
    }

    /// <summary>The bytes of an object, or null when there is none.</summary>
    public async Task<long?> FindLengthAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = options.Bucket, Key = key }, cancellationToken)).ContentLength;
        }
        catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (Exception e) when (IsFailure(e, cancellationToken))
        {
            throw Failure("look at", key, e);
        }
    }

    /// <summary>A stream over a range, or null when the object is gone.</summary>
    public async Task<Stream?> OpenAsync(string key, long from, long length, CancellationToken cancellationToken)
    {
        try
        {
            var response = await client.GetObjectAsync(
                new GetObjectRequest { BucketName = options.Bucket, Key = key, ByteRange = new ByteRange(from, from + length - 1) }, cancellationToken);
            if (response.ContentLength == length)
            {
                return response.ResponseStream;
            }

            response.Dispose();
            throw new IOException($"{key} has {response.ContentLength} bytes from {from}, {length} were stored");
        }
        catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (Exception e) when (IsFailure(e, cancellationToken))
        {
            throw Failure("get", key, e);
        }
    }

    /// <summary>Reads from a stream of <see cref="OpenAsync"/>. A store that falls silent is given up.</summary>
    public async ValueTask<int> ReadAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(options.Timeout);
        try
        {
            return await stream.ReadAsync(buffer, silence.Token);
        }
        catch (Exception e) when (IsFailure(e, cancellationToken))
        {
            throw new IOException("the store has stopped sending", e);
        }
    }

    /// <summary>An address at which a client can get the object for a while.</summary>
    public Uri AddressOf(string key)
    {
        var request = new GetPreSignedUrlRequest
        {
            BucketName = options.Bucket,
            Key = key,
            Verb = HttpVerb.GET,
            Expires = DateTime.UtcNow + AddressLifetime,
            Protocol = (options.PublicEndpoint ?? options.Endpoint)?.Scheme == "http" ? Protocol.HTTP : Protocol.HTTPS,
        };
        return new Uri((signer ?? client).GetPreSignedURL(request));
    }

    /// <summary>Aborts whatever was begun under a key, but one; false when the store refuses.</summary>
    public async Task<bool> TryAbortAsync(string key, CancellationToken cancellationToken, string? except = null)
    {
        try
        {
            var begun = await client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = options.Bucket, Prefix = key }, cancellationToken);
            foreach (var upload in (begun.MultipartUploads ?? []).Where(upload => upload.UploadId != except))
            {
                await client.AbortMultipartUploadAsync(
                    new AbortMultipartUploadRequest { BucketName = options.Bucket, Key = key, UploadId = upload.UploadId }, cancellationToken);
            }

            return true;
        }
        catch (Exception e) when (IsFailure(e, cancellationToken))
        {
            return e is AmazonS3Exception { StatusCode: HttpStatusCode.NotFound }; // somebody else has aborted it
        }
    }

    /// <summary>Deletes objects; the keys that the store refuses to delete.</summary>
    public async Task<IReadOnlyCollection<string>> DeleteAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
        {
            return [];
        }

        try
        {
            await client.DeleteObjectsAsync(
                new DeleteObjectsRequest { BucketName = options.Bucket, Quiet = true, Objects = [.. keys.Select(key => new KeyVersion { Key = key })] },
                cancellationToken);
            return [];
        }
        catch (DeleteObjectsException e)
        {
            return e.Response.DeleteErrors.Select(error => error.Key).ToHashSet(StringComparer.Ordinal);
        }
        catch (Exception e) when (IsFailure(e, cancellationToken))
        {
            return keys.ToHashSet(StringComparer.Ordinal);
        }
    }

    public void Dispose()
    {
        client.Dispose();
        signer?.Dispose();
    }

    private string Where => options.Endpoint?.ToString() ?? $"AWS, region {options.Region}";

    // Over TLS nobody can change the bytes on their way, and hashing them once more for the signature costs as much as all else.
    private bool IsEncrypted => options.Endpoint?.Scheme != "http";

    private static async Task<T> AskAsync<T>(string verb, string key, Func<Task<T>> ask, CancellationToken cancellationToken = default)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (IsFailure(e, cancellationToken))
        {
            throw Failure(verb, key, e);
        }
    }

    private static bool IsFailure(Exception e, CancellationToken cancellationToken) =>
        e is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException
        || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    // errno of "no space left on device", which is answered with 507.
    private static IOException Failure(string verb, string key, Exception e) => e is AmazonS3Exception { ErrorCode: "QuotaExceeded" or "InsufficientCapacity" }
        ? new IOException($"the store has no room: {e.Message}", 28)
        : new IOException($"the store does not {verb} {key}: {e.Message}", e);

    private PutObjectRequest Encrypted(PutObjectRequest request)
    {
        request.ServerSideEncryptionMethod = Method;
        request.ServerSideEncryptionKeyManagementServiceKeyId = options.KmsKey;
        return request;
    }

    private InitiateMultipartUploadRequest Encrypted(InitiateMultipartUploadRequest request)
    {
        request.ServerSideEncryptionMethod = Method;
        request.ServerSideEncryptionKeyManagementServiceKeyId = options.KmsKey;
        return request;
    }

    private ServerSideEncryptionMethod? Method => options.Encryption switch
    {
        S3Encryption.S3 => ServerSideEncryptionMethod.AES256,
        S3Encryption.Kms => ServerSideEncryptionMethod.AWSKMS,
        _ => null,
    };
}
