using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Registry.Management;

namespace Registry.CommandLine;

/// <summary>The management API as the commands use it.</summary>
internal sealed class Api(HttpClient client)
{
    /// <summary>Sends a request; returns the answer, or null where it has no body.</summary>
    /// <exception cref="CommandException">It was refused.</exception>
    public async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var response = await SendRawAsync(method, ManagementRoutes.Root + path, body, cancellationToken);
        return await ReadAsync(response, cancellationToken);
    }

    /// <summary>All entries of a list, page by page, or the first <paramref name="most"/>.</summary>
    /// <exception cref="CommandException">It was refused.</exception>
    public async Task<JsonArray> ListAsync(string path, CancellationToken cancellationToken, int most = int.MaxValue)
    {
        var all = new JsonArray();
        for (string? next = $"{ManagementRoutes.Root}{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}n={Math.Min(most, 1000)}"; next is not null;)
        {
            using var response = await SendRawAsync(HttpMethod.Get, next, null, cancellationToken);
            foreach (var item in (await ReadAsync(response, cancellationToken))!["items"]!.AsArray())
            {
                all.Add(item!.DeepClone());
            }

            next = all.Count < most && response.Headers.TryGetValues("Link", out var links) ? links.First().Split('<', '>')[1] : null;
        }

        return all;
    }

    private async Task<HttpResponseMessage> SendRawAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        try
        {
            return await client.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new CommandException($"the registry cannot be reached: {e.Message}");
        }
    }

    private static async Task<JsonNode?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        JsonNode? answer;
        try
        {
            answer = text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            throw new CommandException($"the server answers {(int)response.StatusCode} with something that is no JSON; is it a registry?");
        }

        return response.IsSuccessStatusCode ? answer
            : throw new CommandException(answer?["errors"]?[0]?["message"]?.GetValue<string>() ?? $"the server answers {(int)response.StatusCode}");
    }
}
