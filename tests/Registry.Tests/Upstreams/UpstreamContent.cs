using System.Collections.Concurrent;

namespace Registry.Tests.Upstreams;

/// <summary>What a <see cref="HostileUpstream"/> has: manifests by repository and reference, and blobs that every repository shows.</summary>
public sealed class UpstreamContent
{
    private readonly ConcurrentDictionary<(string Repository, string Reference), StoredManifest> _manifests = new();
    private readonly ConcurrentDictionary<string, byte[]> _blobs = new();

    /// <summary>A manifest as it is sent; its digest may be a lie.</summary>
    public sealed record StoredManifest(byte[] Content, string MediaType, string Digest);

    /// <summary>An image with its blobs, under its digest and under tags.</summary>
    public void Put(string repository, Image image, params string[] tags)
    {
        foreach (var content in image.Blobs.Values)
        {
            PutBlob(content);
        }

        PutManifest(repository, image.Manifest, image.MediaType, tags);
    }

    /// <summary>A new random image under tags.</summary>
    public Image PutImage(string repository, params string[] tags)
    {
        var image = Image.Random();
        Put(repository, image, tags);
        return image;
    }

    /// <summary>A manifest under its digest and under tags; a tag that is there moves. Returns the digest.</summary>
    public string PutManifest(string repository, byte[] manifest, string mediaType, params string[] tags)
    {
        var stored = new StoredManifest(manifest, mediaType, Oci.Digest(manifest));
        foreach (var reference in tags.Append(stored.Digest))
        {
            _manifests[(repository, reference)] = stored;
        }

        return stored.Digest;
    }

    /// <summary>Whatever is said to be under a reference.</summary>
    public void PutManifest(string repository, string reference, StoredManifest manifest) => _manifests[(repository, reference)] = manifest;

    public void RemoveManifest(string repository, string reference) => _manifests.TryRemove((repository, reference), out _);

    /// <summary>Returns the digest.</summary>
    public string PutBlob(byte[] content)
    {
        var digest = Oci.Digest(content);
        _blobs[digest] = content;
        return digest;
    }

    /// <summary>Other bytes than the digest says.</summary>
    public void PutBlob(string digest, byte[] content) => _blobs[digest] = content;

    public void RemoveBlob(string digest) => _blobs.TryRemove(digest, out _);

    internal StoredManifest? Manifest(string repository, string reference) => _manifests.GetValueOrDefault((repository, reference));

    internal byte[]? Blob(string digest) => _blobs.GetValueOrDefault(digest);

    internal string[] Tags(string repository) =>
        [.. _manifests.Keys.Where(key => key.Repository == repository && !key.Reference.Contains(':', StringComparison.Ordinal)).Select(key => key.Reference).Order(StringComparer.Ordinal)];
}
