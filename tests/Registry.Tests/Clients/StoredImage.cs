using System.IO.Compression;
using System.Text.Json;

namespace Registry.Tests.Clients;

/// <summary>What the registry holds after a push by a client that compresses: config and unpacked layers are the image's.</summary>
public static class StoredImage
{
    public static async Task AssertHoldsAsync(this RepositoryClient repository, string reference, Image image)
    {
        using var response = await repository.GetManifestAsync(reference);
        using var manifest = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        var root = manifest.RootElement;
        Assert.Equal(image.Config.Digest, Digest(root.GetProperty("config")));
        Assert.Equal(image.Blobs[image.Config.Digest], await BlobAsync(repository, image.Config.Digest));

        var layers = root.GetProperty("layers").EnumerateArray().Select(Digest).ToList();
        Assert.Equal(image.Layers.Count, layers.Count);
        foreach (var (layer, stored) in image.Layers.Zip(layers))
        {
            Assert.Equal(layer.Digest, Oci.Digest(Unpack(await BlobAsync(repository, stored))));
        }
    }

    private static string Digest(JsonElement descriptor) => descriptor.GetProperty("digest").GetString()!;

    private static async Task<byte[]> BlobAsync(RepositoryClient repository, string digest)
    {
        using var response = await repository.GetBlobAsync(digest);
        return await response.Content.ReadAsByteArrayAsync();
    }

    private static byte[] Unpack(byte[] layer)
    {
        using var unpacked = new MemoryStream();
        using var packed = new GZipStream(new MemoryStream(layer), CompressionMode.Decompress);
        packed.CopyTo(unpacked);
        return unpacked.ToArray();
    }
}
