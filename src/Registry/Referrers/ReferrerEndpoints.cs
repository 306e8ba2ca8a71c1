using System.Text.Json;
using Registry.Access;
using Registry.Blobs;
using Registry.Mirror;
using Registry.Protocol;
using Registry.Storage.Manifests;
using Registry.Storage.Oci;

namespace Registry.Referrers;

/// <summary>GET of what refers to a manifest (distribution-spec, "Listing Referrers"). Always an index, also an empty one.</summary>
internal sealed class ReferrerEndpoints(ReferrerStore referrers, MirroredListings mirrored)
{
    // A page is an index, and clients read no index over 4 MiB.
    private const int MaxPageSize = 4 << 20;

    public void Map(IEndpointRouteBuilder app) =>
        app.MapMethods(RepositoryPath.Referrers, [HttpMethods.Get, HttpMethods.Head], ListAsync).Require(Permission.Pull);

    private async Task ListAsync(HttpContext http)
    {
        var path = RepositoryPath.Of(http);
        var page = Page.Read(http.Request);
        var subject = BlobEndpoints.DigestOf(path.Last);
        var last = page.Last.Length == 0 ? null : BlobEndpoints.DigestOf(page.Last);

        // oras joins several types with commas, containerd repeats the parameter; both mean "or".
        var types = http.Request.Query["artifactType"]
            .SelectMany(value => (value ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries)).Distinct().ToArray();
        var found = subject is { } digest && !types.Any(type => type.Contains('\0', StringComparison.Ordinal)) // PostgreSQL has no such text
            ? await referrers.ListAsync(RepositoryAsker.Of(http), path.Name, digest, types, last, page.Count, http.RequestAborted)
            : [];
        if (Mirrored.Of(http) is { } repository && subject is { } asked
            && await mirrored.ReferrersAsync(repository, asked, types, http.RequestAborted) is { } listed)
        {
            found = [.. listed.Where(referrer => last is not { } before || string.CompareOrdinal(KeyOf(referrer), before.Text) > 0).Take(page.Count + 1)];
        }

        var entries = page.Cut(http, Uri(path), Fit(http, path, page, found), KeyOf);
        if (types.Length > 0) // clients leave the filtering to the registry only where it says that it has done it
        {
            http.Response.Headers[OciHeaders.FiltersApplied] = "artifactType";
        }

        await JsonResponse.WriteAsync(http, json => Write(json, entries), MediaTypes.OciIndex);
    }

    private static IReadOnlyList<Referrer> Fit(HttpContext http, RepositoryPath path, Page page, IReadOnlyList<Referrer> found)
    {
        var size = 256;
        for (var i = 0; i < found.Count; i++)
        {
            size += found[i].Descriptor.Length + 1;
            if (size > MaxPageSize && i > 0 && i < page.Count)
            {
                page.Link(http, Uri(path), KeyOf(found[i - 1]));
                return found.Take(i).ToList();
            }
        }

        return found;
    }

    private static string Uri(RepositoryPath path) => $"/v2/{path.Name}/referrers/{path.Last}";

    private static string KeyOf(Referrer referrer) => Digest.FromKey(referrer.DigestKey).Text;

    private static void Write(Utf8JsonWriter json, IReadOnlyList<Referrer> entries)
    {
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", MediaTypes.OciIndex);
        json.WriteStartArray("manifests");
        foreach (var entry in entries)
        {
            json.WriteRawValue(entry.Descriptor, skipInputValidation: true);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
