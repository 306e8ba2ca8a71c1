namespace Registry.Tests.Model;

/// <summary>An upload session. Closed, it can be closed again with the same digest; ended without success, it is gone.</summary>
internal sealed class ReferenceUpload(ReferenceRepository repository)
{
    private readonly List<byte> _content = [];

    public bool IsOpen { get; private set; } = true;

    public int Position => _content.Count;

    private string? Result { get; set; }

    public Reply Append(byte[] content, int? start)
    {
        if (!IsOpen)
        {
            return new(404, "BLOB_UPLOAD_UNKNOWN");
        }

        if (start is not null && start != Position)
        {
            return new(416, "BLOB_UPLOAD_INVALID");
        }

        _content.AddRange(content);
        return new(202);
    }

    public Reply Close(string digest, byte[] rest)
    {
        if (!IsOpen)
        {
            return Result == digest && repository.Links.Contains(digest) ? new(201) : new(404, "BLOB_UPLOAD_UNKNOWN");
        }

        _content.AddRange(rest);
        IsOpen = false;
        if (Oci.Digest([.. _content], digest[..digest.IndexOf(':', StringComparison.Ordinal)]) != digest)
        {
            repository.Uploads.Remove(this);
            return new(400, "DIGEST_INVALID");
        }

        Result = digest;
        repository.Link(digest);
        return new(201);
    }

    public Reply Cancel()
    {
        if (!IsOpen)
        {
            return new(404, "BLOB_UPLOAD_UNKNOWN");
        }

        IsOpen = false;
        repository.Uploads.Remove(this);
        return new(204);
    }

    /// <summary>The repository is gone, and the session with it.</summary>
    public void End() => IsOpen = false;

    public Reply Status() => IsOpen ? new(204) : new(404, "BLOB_UPLOAD_UNKNOWN");
}
