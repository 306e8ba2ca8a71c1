using Registry.Access;
using Registry.Mirror;
using Registry.Protocol;
using Registry.Storage.Manifests;
using Registry.Storage.Oci;

namespace Registry.Tags;

/// <summary>GET of a repository's tags (distribution-spec, "Listing Tags"). Tags are deleted through their manifest's path.</summary>
internal sealed class TagEndpoints(TagStore tags, MirroredListings mirrored)
{
    public void Map(IEndpointRouteBuilder app) =>
        app.MapMethods(RepositoryPath.Tags, [HttpMethods.Get, HttpMethods.Head], ListAsync).Require(Permission.Pull);

    private async Task ListAsync(HttpContext http)
    {
        var name = RepositoryPath.Of(http).Name;
        var page = Page.Read(http.Request);
        var found = await tags.ListAsync(RepositoryAsker.Of(http), name, page.Last, page.Count, http.RequestAborted);
        if (Mirrored.Of(http) is { } repository && await mirrored.TagsAsync(repository, page, http.RequestAborted) is { } listed)
        {
            if (listed.More)
            {
                page.Link(http, $"/v2/{name}/tags/list", listed.Tags[^1]);
            }

            await WriteAsync(http, name, listed.Tags);
            return;
        }

        if (found is null)
        {
            await ErrorEnvelope.WriteAsync(http, OciError.NameUnknown, null, name.Value);
            return;
        }

        await WriteAsync(http, name, page.Cut(http, $"/v2/{name}/tags/list", found, tag => tag));
    }

    private static Task WriteAsync(HttpContext http, RepositoryName name, IReadOnlyList<string> entries) => JsonResponse.WriteAsync(http, json =>
    {
        json.WriteStartObject();
        json.WriteString("name", name.Value);
        json.WriteStartArray("tags");
        foreach (var tag in entries)
        {
            json.WriteStringValue(tag);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
