using System.Globalization;
using System.Text.Json;
using Registry.Access;
using Registry.Protocol;
using Registry.Storage.Repositories;

namespace Registry.Search;

/// <summary>The two routes of the first Docker registry that <c>docker search</c> and <c>podman search</c> still use.</summary>
internal sealed class SearchEndpoints(RepositoryStore repositories)
{
    private const int Default = 25;
    private const int Max = 100;

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/v1/_ping", [HttpMethods.Get, HttpMethods.Head], PingAsync).Require(Permission.Ping);
        app.MapMethods("/v1/search", [HttpMethods.Get, HttpMethods.Head], SearchAsync).Require(Permission.List);
    }

    private static Task PingAsync(HttpContext http)
    {
        http.Response.Headers["X-Docker-Registry-Standalone"] = "true";
        return JsonResponse.WriteAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("standalone", true);
            json.WriteEndObject();
        });
    }

    private async Task SearchAsync(HttpContext http)
    {
        var term = http.Request.Query["q"].ToString();
        var count = int.TryParse(http.Request.Query["n"], NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0
            ? Math.Min(n, Max)
            : Default;

        // Names are short and lower-case: a longer term, or one with other letters, finds nothing by itself.
        // So does one with a NUL, which PostgreSQL would not even look for.
        var names = term.Contains('\0', StringComparison.Ordinal) ? [] : await repositories.SearchAsync(RepositoryAsker.Of(http), term.ToLowerInvariant(), count, http.RequestAborted);
        await JsonResponse.WriteAsync(http, json => Write(json, term, names));
    }

    private static void Write(Utf8JsonWriter json, string term, IReadOnlyList<string> names)
    {
        json.WriteStartObject();
        json.WriteString("query", term);
        json.WriteNumber("num_results", names.Count);
        json.WriteStartArray("results");
        foreach (var name in names)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("description", string.Empty);
            json.WriteNumber("star_count", 0);
            json.WriteBoolean("is_official", false);
            json.WriteBoolean("is_automated", false);
            json.WriteBoolean("is_trusted", false);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
