using System.Text;
using System.Text.Json.Nodes;

namespace Registry.Tests.Wire;

/// <summary>A pushed manifest.</summary>
internal sealed record Pushed(string Digest, byte[] Content, string MediaType)
{
    public JsonObject Descriptor() => Documents.Descriptor(MediaType, Digest, Content.Length);
}

/// <summary>Pushes of whole images, for tests that are about something else.</summary>
internal static class Images
{
    /// <summary>Pushes config and layers that are like no others and returns the image's document, not yet pushed.</summary>
    public static async Task<JsonObject> ImageOfFreshBlobsAsync(this RepositoryWire repository, int layers = 1, string algorithm = "sha256")
    {
        var config = Encoding.UTF8.GetBytes($$"""{"architecture":"amd64","os":"linux","created":"{{Guid.NewGuid()}}"}""");
        await repository.PushBlobAsync(config, algorithm);
        var descriptors = new List<JsonObject>();
        for (var i = 0; i < layers; i++)
        {
            var layer = Oci.RandomBytes(512);
            await repository.PushBlobAsync(layer, algorithm);
            descriptors.Add(Documents.Describe(Documents.LayerType, layer, algorithm));
        }

        return Documents.Image(Documents.Describe(Oci.ConfigType, config, algorithm), [.. descriptors]);
    }

    /// <summary>Pushes an image with fresh blobs, by tag or, without one, by digest.</summary>
    public static async Task<Pushed> PushImageAsync(this RepositoryWire repository, string? tag = null, string mediaType = Oci.ManifestType)
    {
        var document = await repository.ImageOfFreshBlobsAsync();
        return await repository.PushAsync(document.With("mediaType", mediaType), tag);
    }

    /// <summary>Pushes a document under its mediaType.</summary>
    public static async Task<Pushed> PushAsync(this RepositoryWire repository, JsonObject document, string? tag = null)
    {
        var content = document.Bytes();
        var pushed = new Pushed(RepositoryWire.DigestOf(content), content, (string)document["mediaType"]!);
        (await repository.PutManifestAsync(tag ?? pushed.Digest, content, pushed.MediaType)).Is(201);
        return pushed;
    }
}
