using System.Collections.Concurrent;

namespace Registry.Mirror;

/// <summary>What this process has asked of an upstream, by repository: so that it can be seen what consumes a limit.</summary>
internal sealed class UpstreamUse
{
    // Names beyond it are counted together.
    private const int Most = 1000;
    private const string Others = "";

    private readonly ConcurrentDictionary<string, Counts> repositories = [];

    /// <summary>A manifest was fetched, which most upstreams count.</summary>
    public void CountManifest(string repository) => Interlocked.Increment(ref Of(repository).Manifests);

    /// <summary>A blob is fetched.</summary>
    public void CountBlob(string repository) => Interlocked.Increment(ref Of(repository).Blobs);

    /// <summary>The repositories that most manifests were fetched of.</summary>
    public IReadOnlyList<(string Repository, long Manifests, long Blobs)> Busiest(int count) =>
        [.. repositories.Select(entry => (entry.Key, entry.Value.Manifests, entry.Value.Blobs)).OrderByDescending(entry => entry.Manifests).ThenBy(entry => entry.Key).Take(count)];

    private Counts Of(string repository) => repositories.GetOrAdd(repositories.Count < Most || repositories.ContainsKey(repository) ? repository : Others, _ => new Counts());

    private sealed class Counts
    {
        public long Manifests;
        public long Blobs;
    }
}
