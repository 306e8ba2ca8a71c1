using System.Net;
using System.Text.Json;

namespace Registry.Tests;

/// <summary>What tests say about responses, one line each. A failure shows the response.</summary>
public static class OciAssert
{
    public static async Task StatusAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        if (response.StatusCode != status)
        {
            Assert.Fail($"Expected {(int)status}: {response.RequestMessage}\nwas answered {response}\n{await response.Content.ReadAsStringAsync()}");
        }
    }

    /// <summary>Status and digest header. With content also that the body is those bytes.</summary>
    public static async Task DigestAsync(HttpResponseMessage response, HttpStatusCode status, string digest, byte[]? content = null)
    {
        await StatusAsync(response, status);
        Assert.Equal(digest, Header(response, "Docker-Content-Digest"));
        if (content is not null)
        {
            Assert.Equal(content, await response.Content.ReadAsByteArrayAsync());
        }
    }

    /// <summary>Status and code of the first error of the envelope. Returns that error.</summary>
    public static async Task<JsonElement> ErrorAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        await StatusAsync(response, status);
        return Error(await response.Content.ReadAsByteArrayAsync(), response.Content.Headers.ContentType?.MediaType, code);
    }

    public static JsonElement Error(RawResponse response, HttpStatusCode status, string code)
    {
        Assert.True(response.Status == (int)status, $"Expected {(int)status}, was answered {response}");
        return Error(response.Body, response.Header("Content-Type")?.Split(';')[0], code);
    }

    /// <summary>The only value of a header that has to be there.</summary>
    public static string Header(HttpResponseMessage response, string name)
    {
        Assert.True(
            response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values),
            $"{name} is missing in {response}");
        return Assert.Single(values);
    }

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response, HttpStatusCode status = HttpStatusCode.OK)
    {
        await StatusAsync(response, status);
        return Parse(await response.Content.ReadAsByteArrayAsync());
    }

    private static JsonElement Error(byte[] body, string? contentType, string code)
    {
        Assert.Equal("application/json", contentType);
        var error = Parse(body).GetProperty("errors")[0];
        Assert.Equal(code, error.GetProperty("code").GetString());
        return error;
    }

    private static JsonElement Parse(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }
}
