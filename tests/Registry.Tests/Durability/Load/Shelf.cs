using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Durability.Load;

/// <summary>What one repository has to show, by all that was acknowledged. Its writer changes it, nobody else.</summary>
internal sealed class Shelf(string name)
{
    // Of the deleted ones, so many are asked for each time: a thousand rounds would else only ask.
    private const int DeletedLookedAt = 50;

    private readonly Dictionary<string, string> _tags = [];
    private readonly HashSet<string> _present = [];
    private readonly List<string> _deleted = [];

    public string Name => name;

    public IReadOnlyDictionary<string, string> Tags => _tags;

    public IReadOnlyCollection<string> Present => _present;

    public void Apply(Change change)
    {
        switch (change)
        {
            case Change.Push push:
                _present.Add(push.Digest);
                _deleted.Remove(push.Digest);
                _tags[push.Tag] = push.Digest;
                break;
            case Change.Untag untag:
                _tags.Remove(untag.Tag);
                break;
            case Change.Delete delete:
                _present.Remove(delete.Digest);
                _deleted.Add(delete.Digest);
                foreach (var tag in _tags.Where(tag => tag.Value == delete.Digest).Select(tag => tag.Key).ToList())
                {
                    _tags.Remove(tag);
                }

                break;
            case Change.DeleteAll:
                _deleted.AddRange(_present);
                _present.Clear();
                _tags.Clear();
                break;
        }
    }

    /// <summary>Whether a change that was not answered has happened. Half of it must not have.</summary>
    public async Task<bool> HasHappenedAsync(HttpClient http, Change change)
    {
        var repository = new RepositoryWire(http, name);
        switch (change)
        {
            case Change.Push push:
                var moved = (await repository.HeadAsync($"manifests/{push.Tag}")).Digest == push.Digest;
                if (!moved && !_present.Contains(push.Digest))
                {
                    (await repository.HeadAsync($"manifests/{push.Digest}")).Is(404);
                }

                return moved;
            case Change.Untag untag:
                return (await repository.HeadAsync($"manifests/{untag.Tag}")).Status == 404;
            case Change.Delete delete:
                return (await repository.HeadAsync($"manifests/{delete.Digest}")).Status == 404;
            case Change.DeleteAll:
                return (await repository.GetAsync("tags/list")).Status == 404;
            default:
                throw new ArgumentOutOfRangeException(nameof(change));
        }
    }

    /// <summary>Pulls and hashes everything that has to be there, and asks for what must not be.</summary>
    public async Task VerifyAsync(HttpClient http)
    {
        var repository = new RepositoryWire(http, name);
        var tags = await repository.GetAsync("tags/list");
        Assert.Equal(_tags.Keys.Order(StringComparer.Ordinal), tags.Status == 404 && _present.Count == 0 ? [] : tags.Is(200).Strings("tags"));
        foreach (var (tag, digest) in _tags)
        {
            (await repository.HeadAsync($"manifests/{tag}")).Is(200).Has("Docker-Content-Digest", digest);
        }

        var blobs = new HashSet<string>();
        foreach (var digest in _present)
        {
            var manifest = (await repository.GetAsync($"manifests/{digest}")).Is(200).Body;
            Assert.Equal(digest, RepositoryWire.DigestOf(manifest));
            blobs.UnionWith(Named(manifest));
        }

        foreach (var digest in blobs)
        {
            Assert.Equal(digest, RepositoryWire.DigestOf((await repository.GetAsync($"blobs/{digest}")).Is(200).Body));
        }

        foreach (var digest in _deleted.TakeLast(DeletedLookedAt))
        {
            (await repository.HeadAsync($"manifests/{digest}")).Is(404);
        }
    }

    /// <summary>The blobs that an image names.</summary>
    public static IEnumerable<string> Named(byte[] manifest)
    {
        var document = JsonNode.Parse(manifest)!;
        return document["layers"]!.AsArray().Append(document["config"]).Select(descriptor => (string)descriptor!["digest"]!);
    }
}
