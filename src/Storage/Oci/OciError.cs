namespace Registry.Storage.Oci;

/// <summary>One row of the protocol's error table (distribution-spec, "Error codes"): code, HTTP status, default message.</summary>
public sealed record OciError(string Code, int Status, string Message)
{
    /// <summary>The blob is not in the repository.</summary>
    public static readonly OciError BlobUnknown = new("BLOB_UNKNOWN", 404, "blob unknown to repository");

    /// <summary>An upload cannot go on as asked; the session lives and says where it stands.</summary>
    public static readonly OciError BlobUploadInvalid = new("BLOB_UPLOAD_INVALID", 416, "the chunk does not start where the upload stands");

    /// <summary>No such upload session in this repository.</summary>
    public static readonly OciError BlobUploadUnknown = new("BLOB_UPLOAD_UNKNOWN", 404, "upload unknown or expired");

    /// <summary>A digest is malformed, unsupported or not that of the content.</summary>
    public static readonly OciError DigestInvalid = new("DIGEST_INVALID", 400, "the digest is invalid");

    /// <summary>A manifest refers to something that the repository does not hold.</summary>
    public static readonly OciError ManifestBlobUnknown = new("MANIFEST_BLOB_UNKNOWN", 400, "the manifest refers to content that is not in the repository");

    /// <summary>A document is not a manifest that can be stored.</summary>
    public static readonly OciError ManifestInvalid = new("MANIFEST_INVALID", 400, "manifest invalid");

    /// <summary>A manifest is larger than allowed.</summary>
    public static readonly OciError ManifestTooLarge = new("SIZE_INVALID", 413, "the manifest is too large");

    /// <summary>No such tag or digest.</summary>
    public static readonly OciError ManifestUnknown = new("MANIFEST_UNKNOWN", 404, "manifest unknown to repository");

    /// <summary>A repository name is out of grammar.</summary>
    public static readonly OciError NameInvalid = new("NAME_INVALID", 400, "invalid repository name");

    /// <summary>No such repository.</summary>
    public static readonly OciError NameUnknown = new("NAME_UNKNOWN", 404, "repository name not known to registry");

    /// <summary>No such page.</summary>
    public static readonly OciError NotFound = new("UNSUPPORTED", 404, "the registry has no such endpoint");

    /// <summary>A page size or start is out of grammar.</summary>
    public static readonly OciError PaginationInvalid = new("PAGINATION_NUMBER_INVALID", 400, "n must be a number from 0");

    /// <summary>A tag's condition (If-Match, If-None-Match) did not hold.</summary>
    public static readonly OciError PreconditionFailed = new("DENIED", 412, "the tag is not what the condition asks for");

    /// <summary>A byte range lies outside the blob.</summary>
    public static readonly OciError RangeInvalid = new("RANGE_INVALID", 416, "the range lies outside the blob");

    /// <summary>A request is malformed below the level of any endpoint.</summary>
    public static readonly OciError RequestInvalid = new("UNSUPPORTED", 400, "malformed request");

    /// <summary>A length is not that of the content.</summary>
    public static readonly OciError SizeInvalid = new("SIZE_INVALID", 400, "the length does not match the content");

    /// <summary>A tag is out of grammar.</summary>
    public static readonly OciError TagInvalid = new("TAG_INVALID", 400, $"a tag matches {Tag.Grammar}");

    /// <summary>The caller may not do this.</summary>
    public static readonly OciError Denied = new("DENIED", 403, "access denied");

    /// <summary>Nobody has signed in, or what was shown does not hold.</summary>
    public static readonly OciError Unauthorized = new("UNAUTHORIZED", 401, "sign in to do this");

    /// <summary>The caller asks too often.</summary>
    public static readonly OciError TooManyRequests = new("TOOMANYREQUESTS", 429, "too many attempts; wait a while");

    /// <summary>The operation is not offered here.</summary>
    public static readonly OciError Unsupported = new("UNSUPPORTED", 405, "the operation is not supported");

    /// <summary>A store is away for the moment.</summary>
    public static readonly OciError Unavailable = new("UNAVAILABLE", 503, "the registry's storage is not available; try again");

    /// <summary>A store has no room left. Reads go on.</summary>
    public static readonly OciError StorageFull = new("UNAVAILABLE", 507, "the registry's storage is full");

    /// <summary>A defect of the registry.</summary>
    public static readonly OciError Unknown = new("UNKNOWN", 500, "internal error; the log has the details under the request id");
}
