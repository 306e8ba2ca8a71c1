using System.Text.Json;
using Microsoft.Extensions.Caching.Memory;
using Registry.Protocol;
using Registry.Storage.Manifests;
using Registry.Storage.Oci;
using Registry.Upstreams;

namespace Registry.Mirror;

/// <summary>
/// The tags and referrers that an upstream lists. Null where it does not answer: then what is here is listed. What it says is kept for
/// a moment, because clients ask for the referrers of every image that they pull.
/// </summary>
internal sealed class MirroredListings(IHostApplicationLifetime lifetime) : IDisposable
{
    private const int MaxSize = 4 << 20;
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);

    private readonly MemoryCache answers = new(new MemoryCacheOptions { SizeLimit = 32 << 20 });
    private readonly SingleFlight<(string Name, string Path), Listing?> flights = new();

    /// <summary>A page of tags, and whether there are more.</summary>
    public async Task<(IReadOnlyList<string> Tags, bool More)?> TagsAsync(Mirrored repository, Page page, CancellationToken cancellationToken)
    {
        var query = QueryString.Create("n", page.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        query = page.Last.Length > 0 ? query.Add("last", page.Last) : query;
        if (page.Count == 0 || await AskAsync(repository, $"tags/list{query}", cancellationToken) is not { } listing)
        {
            return null;
        }

        var tags = Strings(listing.Root, "tags").Where(tag => Tag.TryParse(tag, out _)).ToList();
        return (tags.Take(page.Count).ToList(), tags.Count > page.Count || (listing.More && tags.Count > 0));
    }

    /// <summary>What refers to a manifest, from the referrers API or, where there is none, from the tag that stands for it.</summary>
    public async Task<IReadOnlyList<Referrer>?> ReferrersAsync(
        Mirrored repository, Digest subject, IReadOnlyCollection<string> artifactTypes, CancellationToken cancellationToken)
    {
        // distribution-spec, "Referrers Tag Schema".
        var listing = await AskAsync(repository, $"referrers/{subject}", cancellationToken)
            ?? await AskAsync(repository, $"manifests/{subject.Text.Replace(':', '-')}", cancellationToken);
        if (listing is null || !listing.Root.TryGetProperty("manifests", out var manifests) || manifests.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var referrers = new List<(Digest Digest, byte[] Descriptor)>();
        foreach (var entry in manifests.EnumerateArray())
        {
            if (entry.ValueKind == JsonValueKind.Object && Digest.TryParse(Text(entry, "digest"), out var digest) == DigestSyntax.Valid
                && (artifactTypes.Count == 0 || artifactTypes.Contains(Text(entry, "artifactType"))))
            {
                referrers.Add((digest, System.Text.Encoding.UTF8.GetBytes(entry.GetRawText())));
            }
        }

        return [.. referrers.OrderBy(referrer => referrer.Digest.Text).Select(referrer => new Referrer(referrer.Digest.Key, referrer.Descriptor))];
    }

    public void Dispose() => answers.Dispose();

    private async Task<Listing?> AskAsync(Mirrored repository, string path, CancellationToken cancellationToken)
    {
        var key = (repository.Name.Value, path);
        return repository.Upstream.Options.Offline ? null
            : answers.TryGetValue(key, out Listing? kept) ? kept
            : await flights.RunAsync(key, () => FetchAsync(repository, path, key), cancellationToken);
    }

    private async Task<Listing?> FetchAsync(Mirrored repository, string path, (string, string) key)
    {
        try
        {
            using var answer = await repository.Upstream.Client.SendAsync(
                new UpstreamRequest(HttpMethod.Get, repository.Remote, path), lifetime.ApplicationStopping);
            var content = answer.Outcome == UpstreamOutcome.Found ? await BoundedBody.ReadAsync(answer, MaxSize, lifetime.ApplicationStopping) : null;
            var listing = content is null ? null : Parse(content, answer.Link is not null);
            return listing is { Root.ValueKind: not JsonValueKind.Object } ? null : answers.Set(
                key, listing, new MemoryCacheEntryOptions { Size = 256 + (content?.Length * 2 ?? 0), AbsoluteExpirationRelativeToNow = Kept });
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    private static Listing Parse(byte[] content, bool more)
    {
        using var document = JsonDocument.Parse(content);
        return new Listing(document.RootElement.Clone(), more);
    }

    private static IEnumerable<string> Strings(JsonElement root, string name) =>
        root.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(entry => entry.ValueKind == JsonValueKind.String).Select(entry => entry.GetString()!)
            : [];

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString()! : string.Empty;

    private sealed record Listing(JsonElement Root, bool More);
}
