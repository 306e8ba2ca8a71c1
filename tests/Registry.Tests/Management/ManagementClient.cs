using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Registry.Tests.Management;

/// <summary>The management API over the network, as somebody who signs in.</summary>
public sealed class ManagementClient(HttpClient client, Account? account)
{
    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<HttpResponseMessage> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    public Task<HttpResponseMessage> PatchAsync(string path, object body) => SendAsync(HttpMethod.Patch, path, body);

    public Task<HttpResponseMessage> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null)
    {
        var request = new HttpRequestMessage(method, $"/api/v1{path}") { Content = body as HttpContent ?? (body is null ? null : JsonContent.Create(body)) };
        request.Headers.Authorization = account?.Basic;
        return client.SendAsync(request);
    }

    /// <summary>The answer of a GET that has to succeed.</summary>
    public async Task<JsonElement> ReadAsync(string path)
    {
        using var response = await GetAsync(path);
        return await OciAssert.JsonAsync(response);
    }

    /// <summary>One member of each entry of a list.</summary>
    public async Task<IReadOnlyList<string?>> ListAsync(string path, string member) =>
        (await ReadAsync(path)).GetProperty("items").EnumerateArray().Select(item => item.TryGetProperty(member, out var value) ? value.ToString() : null).ToList();

    /// <summary>A request that has to be answered with this status.</summary>
    public async Task ExpectAsync(HttpStatusCode status, HttpMethod method, string path, object? body = null)
    {
        using var response = await SendAsync(method, path, body);
        await OciAssert.StatusAsync(response, status);
    }
}

public static class ManagementClientExtensions
{
    public static ManagementClient As(this RegistryApp app, Account? account) => new(app.Client, account);
}
