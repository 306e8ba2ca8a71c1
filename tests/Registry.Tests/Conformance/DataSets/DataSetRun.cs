using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.DataSets;

/// <summary>One data set through the whole protocol: push, list, HEAD, pull, referrers, delete.</summary>
internal sealed class DataSetRun(RepositoryWire repository, DataSet data)
{
    private IEnumerable<string> Tags => data.Manifests.Where(m => m.Tag is not null).Select(m => m.Tag!).Distinct().Order(StringComparer.Ordinal);

    /// <summary>All phases in the order of the conformance suite.</summary>
    public async Task PassAsync()
    {
        await PushAsync();
        await ListAsync();
        await PullAsync();
        await ReferrersAsync();
        await DeleteAsync();
    }

    private async Task PushAsync()
    {
        foreach (var blob in data.Blobs)
        {
            Assert.Equal(data.DigestOf(blob), await repository.PushBlobAsync(blob, data.Algorithm));
        }

        foreach (var manifest in data.Manifests)
        {
            var byDigest = await repository.PutManifestAsync(manifest.Digest, manifest.Content, manifest.MediaType);
            byDigest.Is(201).Has("Docker-Content-Digest", manifest.Digest).Has("OCI-Subject", manifest.Subject);
            Assert.Equal(manifest.Content, (await repository.Http.SendAsync("GET", byDigest.Location)).Is(200).Body);

            // A tag on a sha512 manifest comes with the digest: by itself a tag means sha256.
            if (manifest.Tag is not null)
            {
                var reference = data.Algorithm == "sha256" ? manifest.Tag : $"{manifest.Digest}?tag={manifest.Tag}";
                var byTag = await repository.PutManifestAsync(reference, manifest.Content, manifest.MediaType);
                byTag.Is(201).Has("Docker-Content-Digest", manifest.Digest).Has("OCI-Subject", manifest.Subject);
                Assert.Equal(manifest.Content, (await repository.Http.SendAsync("GET", byTag.Location)).Is(200).Body);
            }
        }
    }

    private async Task ListAsync()
    {
        var all = Tags.ToArray();
        Assert.Equal(all, (await repository.GetAsync("tags/list")).Is(200).Strings("tags"));
        for (var i = 0; i < all.Length; i++)
        {
            Assert.Equal(all[..(i + 1)], (await repository.GetAsync($"tags/list?n={i + 1}")).Is(200).Strings("tags"));
            Assert.Equal(all[(i + 1)..], (await repository.GetAsync($"tags/list?last={all[i]}")).Is(200).Strings("tags"));
            Assert.Equal(all[(i + 1)..].Take(1), (await repository.GetAsync($"tags/list?n=1&last={all[i]}")).Is(200).Strings("tags"));
        }
    }

    private async Task PullAsync()
    {
        foreach (var blob in data.Blobs)
        {
            var digest = data.DigestOf(blob);
            (await repository.HeadAsync($"blobs/{digest}")).Is(200).Has("Content-Length", $"{blob.Length}").Has("Docker-Content-Digest", digest);
            Assert.Equal(blob, (await repository.GetAsync($"blobs/{digest}")).Is(200).Has("Docker-Content-Digest", digest).Body);
        }

        foreach (var manifest in data.Manifests)
        {
            foreach (var reference in manifest.Tag is null ? new[] { manifest.Digest } : [manifest.Digest, manifest.Tag])
            {
                (await repository.HeadAsync($"manifests/{reference}")).Is(200).Has("Content-Type", manifest.MediaType)
                    .Has("Content-Length", $"{manifest.Content.Length}").Has("Docker-Content-Digest", manifest.Digest);
                var answer = (await repository.GetAsync($"manifests/{reference}")).Is(200).Has("Content-Type", manifest.MediaType).Has("Docker-Content-Digest", manifest.Digest);
                Assert.Equal(manifest.Content, answer.Body);
            }
        }
    }

    private async Task ReferrersAsync()
    {
        foreach (var subject in data.Manifests.Select(m => m.Subject ?? m.Digest).Distinct())
        {
            var expected = data.Manifests.Where(m => m.Subject == subject).ToList();
            var answer = await repository.GetAsync($"referrers/{subject}");
            AssertListed(expected, answer.Has("OCI-Filters-Applied", null));
            foreach (var type in expected.Select(m => m.ArtifactType).OfType<string>().Distinct().Append("application/vnd.example.absent"))
            {
                var filtered = await repository.GetAsync($"referrers/{subject}?artifactType={Uri.EscapeDataString(type)}");
                AssertListed([.. expected.Where(m => m.ArtifactType == type)], filtered.Has("OCI-Filters-Applied", "artifactType"));
            }
        }
    }

    private static void AssertListed(List<DataSet.Entry> expected, Answer answer)
    {
        var index = answer.Is(200).Has("Content-Type", Oci.IndexType).Json();
        Assert.Equal(2, (int)index["schemaVersion"]!);
        Assert.Equal(Oci.IndexType, (string?)index["mediaType"]);
        var listed = index["manifests"]!.AsArray().ToDictionary(d => (string)d!["digest"]!, d => d!);
        Assert.Equal(expected.Select(m => m.Digest).Order(), listed.Keys.Order());
        foreach (var manifest in expected)
        {
            var descriptor = listed[manifest.Digest];
            Assert.Equal(manifest.MediaType, (string?)descriptor["mediaType"]);
            Assert.Equal(manifest.Content.Length, (long)descriptor["size"]!);
            Assert.Equal(manifest.ArtifactType, (string?)descriptor["artifactType"]);
            Assert.True(JsonNode.DeepEquals(manifest.Annotations, descriptor["annotations"]), $"annotations of {manifest.Digest} in {answer}");
        }
    }

    private async Task DeleteAsync()
    {
        foreach (var tag in Tags)
        {
            (await repository.DeleteAsync($"manifests/{tag}")).Is(202);
            (await repository.HeadAsync($"manifests/{tag}")).Is(404);
        }

        foreach (var manifest in data.Manifests.Reverse())
        {
            (await repository.HeadAsync($"manifests/{manifest.Digest}")).Is(200);
            (await repository.DeleteAsync($"manifests/{manifest.Digest}")).Is(202);
            (await repository.HeadAsync($"manifests/{manifest.Digest}")).Is(404);
        }

        foreach (var digest in data.Blobs.Select(data.DigestOf))
        {
            (await repository.DeleteAsync($"blobs/{digest}")).Is(202);
            (await repository.HeadAsync($"blobs/{digest}")).Is(404);
        }

        foreach (var subject in data.Manifests.Select(m => m.Subject).OfType<string>().Distinct())
        {
            AssertListed([], await repository.GetAsync($"referrers/{subject}"));
        }
    }
}
