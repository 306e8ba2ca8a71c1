using Microsoft.AspNetCore.Http;

namespace Registry.Tests.S3;

/// <summary>The names that S3 gives to requests in path style: /bucket, /bucket/key.</summary>
public static class S3Operation
{
    public const string PutObject = "PutObject";
    public const string GetObject = "GetObject";
    public const string HeadObject = "HeadObject";
    public const string DeleteObject = "DeleteObject";
    public const string DeleteObjects = "DeleteObjects";
    public const string CopyObject = "CopyObject";
    public const string CreateMultipartUpload = "CreateMultipartUpload";
    public const string UploadPart = "UploadPart";
    public const string CompleteMultipartUpload = "CompleteMultipartUpload";
    public const string AbortMultipartUpload = "AbortMultipartUpload";

    public static string Of(HttpRequest request)
    {
        var ofKey = request.Path.Value!.TrimStart('/').Contains('/', StringComparison.Ordinal);
        var query = request.Query;
        return (request.Method, ofKey) switch
        {
            ("POST", true) => query.ContainsKey("uploads") ? CreateMultipartUpload : CompleteMultipartUpload,
            ("PUT", true) when query.ContainsKey("partNumber") => UploadPart,
            ("PUT", true) => request.Headers.ContainsKey("x-amz-copy-source") ? CopyObject : PutObject,
            ("DELETE", true) => query.ContainsKey("uploadId") ? AbortMultipartUpload : DeleteObject,
            ("GET", true) => query.ContainsKey("uploadId") ? "ListParts" : GetObject,
            ("HEAD", true) => HeadObject,
            ("POST", false) => DeleteObjects,
            ("GET", false) => query.ContainsKey("uploads") ? "ListMultipartUploads" : "ListObjects",
            (var method, false) => $"{method} bucket",
            var (method, _) => $"{method} object",
        };
    }
}
