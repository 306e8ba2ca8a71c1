using Registry.Tests.Wire;

namespace Registry.Tests.Model.Interleavings;

/// <summary>An image of one blob, which is like no other.</summary>
internal sealed class Lone
{
    public Lone()
    {
        Content = Oci.RandomBytes(1000);
        Blob = RepositoryWire.DigestOf(Content);
        Manifest = Documents.Image(Documents.Describe(Oci.ConfigType, Content)).Bytes();
        Digest = RepositoryWire.DigestOf(Manifest);
    }

    public byte[] Content { get; }

    public string Blob { get; }

    public byte[] Manifest { get; }

    public string Digest { get; }

    /// <summary>Pushes blob and manifest, by tag or by digest.</summary>
    public async Task PushAsync(RepositoryWire repository, string? tag = null)
    {
        await repository.PushBlobAsync(Content);
        (await PutAsync(repository, tag)).Is(201);
    }

    public Task<Answer> PutAsync(RepositoryWire repository, string? tag = null) => repository.PutManifestAsync(tag ?? Digest, Manifest, Oci.ManifestType);

    public Task<Answer> DeleteAsync(RepositoryWire repository) => repository.DeleteAsync($"manifests/{Digest}");

    /// <summary>The whole image can be pulled.</summary>
    public async Task IsThereAsync(RepositoryWire repository)
    {
        Assert.Equal(Manifest, (await repository.GetAsync($"manifests/{Digest}")).Is(200).Body);
        Assert.Equal(Content, (await repository.GetAsync($"blobs/{Blob}")).Is(200).Body);
    }
}
