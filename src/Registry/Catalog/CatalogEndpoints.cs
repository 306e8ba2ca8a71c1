using Registry.Access;
using Registry.Protocol;
using Registry.Storage.Repositories;

namespace Registry.Catalog;

/// <summary><c>/v2/</c>, which says that this is a registry, and the list of its repositories.</summary>
internal sealed class CatalogEndpoints(RepositoryStore repositories)
{
    private static readonly byte[] Empty = "{}"u8.ToArray();

    public void Map(IEndpointRouteBuilder app)
    {
        // Answers /v2 as well, which Mesos and people with curl ask for.
        app.MapMethods("/v2/", [HttpMethods.Get, HttpMethods.Head], PingAsync).Require(Permission.Ping);
        app.MapMethods("/v2/_catalog", [HttpMethods.Get, HttpMethods.Head], ListAsync).Require(Permission.List);
    }

    private static Task PingAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = Empty.Length;
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.BodyWriter.WriteAsync(Empty).AsTask();
    }

    private async Task ListAsync(HttpContext http)
    {
        var page = Page.Read(http.Request);
        var found = await repositories.ListAsync(RepositoryAsker.Of(http), page.Last, page.Count, http.RequestAborted);
        var entries = page.Cut(http, "/v2/_catalog", found, name => name);
        await JsonResponse.WriteAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("repositories");
            foreach (var name in entries)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }
}
