using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Auth.Identities;
using Registry.Storage.Oci;

namespace Registry.Management;

/// <summary>
/// The JSON of the management API. What is read is read strictly (S30): no member that is not known, none twice, in the one spelling.
/// </summary>
internal static class ManagementJson
{
    private const int MaxPath = 100;

    public static readonly JsonSerializerOptions Options = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 16,
    };

    public static Task WriteAsync<T>(HttpContext http, T value, int status = StatusCodes.Status200OK)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, Options);
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        return http.Response.Body.WriteAsync(body).AsTask();
    }

    /// <summary>The answer to a request that has made something.</summary>
    public static Task CreatedAsync<T>(HttpContext http, string location, T value)
    {
        http.Response.Headers.Location = location;
        return WriteAsync(http, value, StatusCodes.Status201Created);
    }

    /// <summary>The page of a list, with a link to the next one.</summary>
    public static Task ListAsync<T>(HttpContext http, IEnumerable<T> items) => WriteAsync(http, new Listing<T>([.. items]));

    /// <summary>The body as a record.</summary>
    /// <exception cref="OciException">INVALID: it is not one.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext http)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(http.Request.Body, Options, http.RequestAborted)
                ?? throw new OciException(ManagementError.Invalid, "the body is null; expected is a JSON object");
        }
        catch (JsonException e)
        {
            throw new OciException(ManagementError.Invalid, Describe(e));
        }
    }

    // The exception's own words name types of the program, and may quote the body.
    private static string Describe(JsonException e)
    {
        const string Missing = "including: ";
        var path = e.Path is { Length: > 0 and <= MaxPath } known ? known : "$";
        return e.Message.Contains("could not be mapped", StringComparison.Ordinal) ? $"{path} is not a known member"
            : e.Message.Contains("Duplicate property", StringComparison.Ordinal) ? $"a member is there twice below {path}"
            : e.Message.IndexOf(Missing, StringComparison.Ordinal) is >= 0 and var at ? $"members are missing: {e.Message[(at + Missing.Length)..].TrimEnd('.')}"
            : $"the body is not the JSON that is expected, at {path}";
    }
}

/// <summary>A page of a list.</summary>
internal sealed record Listing<T>(IReadOnlyList<T> Items);
