using Registry.Tests.Wire;

namespace Registry.Tests.Model;

/// <summary>Reads everything that a client could read and compares it with the reference.</summary>
internal sealed class Reading(World world)
{
    public async Task AllAsync()
    {
        for (var repository = 0; repository < Samples.Repositories.Length; repository++)
        {
            var (wire, model) = (world.Wire(repository), world.Model(repository));
            foreach (var blob in Samples.Blobs)
            {
                await BlobAsync(wire, model, blob);
            }

            foreach (var manifest in Samples.Manifests)
            {
                await ManifestAsync(wire, model, manifest.Digest, manifest.Digest);
                await ReferrersAsync(wire, model, manifest.Digest, null);
            }

            foreach (var tag in Samples.Tags)
            {
                await ManifestAsync(wire, model, tag, model.Tags.GetValueOrDefault(tag));
            }

            await ReferrersAsync(wire, model, Samples.Manifests[0].Digest, Samples.SignatureType);
            await TagsAsync(wire, model);
        }

        await CatalogAsync();
    }

    private static async Task BlobAsync(RepositoryWire wire, ReferenceRepository model, SampleBlob blob)
    {
        var head = await wire.HeadAsync($"blobs/{blob.Digest}");
        var get = await wire.GetAsync($"blobs/{blob.Digest}");
        if (model.Links.Contains(blob.Digest))
        {
            head.Is(200).Has("Content-Length", $"{blob.Content.Length}");
            Assert.Equal(blob.Content, get.Is(200).Body);
        }
        else
        {
            head.Is(404);
            get.IsError(404, "BLOB_UNKNOWN");
        }
    }

    private static async Task ManifestAsync(RepositoryWire wire, ReferenceRepository model, string reference, string? digest)
    {
        var head = await wire.HeadAsync($"manifests/{reference}");
        var get = await wire.GetAsync($"manifests/{reference}");
        if (digest is not null && model.Find(digest) is { } manifest)
        {
            head.Is(200).Has("Docker-Content-Digest", digest).Has("Content-Length", $"{manifest.Sample.Content.Length}");
            get.Is(200).Has("Content-Type", manifest.Sample.Type).Has("Docker-Content-Digest", digest);
            Assert.Equal(manifest.Sample.Content, get.Body);
        }
        else
        {
            head.Is(404);
            get.IsError(404, model.Exists ? "MANIFEST_UNKNOWN" : "NAME_UNKNOWN");
        }
    }

    private static async Task ReferrersAsync(RepositoryWire wire, ReferenceRepository model, string subject, string? artifactType)
    {
        var query = artifactType is null ? "" : $"?artifactType={artifactType}";
        var answer = (await wire.GetAsync($"referrers/{subject}{query}")).Is(200).Has("Content-Type", Oci.IndexType);
        Assert.Equal(model.Referrers(subject, artifactType), answer.Json()["manifests"]!.AsArray().Select(entry => (string)entry!["digest"]!));
    }

    // In pages of two, as a client that asks for little would.
    private static async Task TagsAsync(RepositoryWire wire, ReferenceRepository model)
    {
        if (!model.Exists)
        {
            (await wire.GetAsync("tags/list")).IsError(404, "NAME_UNKNOWN");
            return;
        }

        var first = (await wire.GetAsync("tags/list?n=2")).Is(200).Strings("tags");
        var rest = first.Count < 2 ? [] : (await wire.GetAsync($"tags/list?n=2&last={first[^1]}")).Is(200).Strings("tags");
        Assert.Equal(model.Tags.Keys, first.Concat(rest));
    }

    // Other sequences have left their names: this one's are asked for alone.
    private async Task CatalogAsync()
    {
        var count = Samples.Repositories.Length;
        var names = (await world.Http.SendAsync("GET", $"/v2/_catalog?n={count}&last={world.Prefix}")).Is(200).Strings("repositories");
        Assert.Equal(world.Listed.Select(name => world.Prefix + name), names.Where(name => name.StartsWith(world.Prefix, StringComparison.Ordinal)));
    }
}
