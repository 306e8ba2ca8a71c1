using Registry.Access;
using Registry.Protocol;
using Registry.Storage.Manifests;
using Registry.Storage.Oci;

namespace Registry.Tags;

/// <summary>GET of a repository's tags (distribution-spec, "Listing Tags"). Tags are deleted through their manifest's path.</summary>
internal sealed class TagEndpoints(TagStore tags)
{
    public void Map(IEndpointRouteBuilder app) =>
        app.MapMethods(RepositoryPath.Tags, [HttpMethods.Get, HttpMethods.Head], ListAsync).Require(Permission.Pull);

    private async Task ListAsync(HttpContext http)
    {
        var name = RepositoryPath.Of(http).Name;
        var page = Page.Read(http.Request);
        var found = await tags.ListAsync(RepositoryAsker.Of(http), name, page.Last, page.Count, http.RequestAborted);
        if (found is null)
        {
            await ErrorEnvelope.WriteAsync(http, OciError.NameUnknown, null, name.Value);
            return;
        }

        var entries = page.Cut(http, $"/v2/{name}/tags/list", found, tag => tag);
        await JsonResponse.WriteAsync(http, json =>
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
}
