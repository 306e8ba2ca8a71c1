using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Registry.Tests.Exchanges.Libraries;

/// <summary>The token endpoint as clients written in Go ask it.</summary>
internal static class TokenRequests
{
    private const string FormType = "application/x-www-form-urlencoded";

    /// <summary>Asks as the Docker specification has it, with or without credentials.</summary>
    public static Task<RawResponse> GetTokenAsync(this GoClient go, string query, Account? account = null) =>
        go.GetAsync($"/token?{query}", account is null ? [] : [("Authorization", account.Basic.ToString())]);

    /// <summary>Asks as OAuth2 has it; url.Values.Encode sorts the fields by name.</summary>
    public static Task<RawResponse> PostTokenAsync(this GoClient go, string type, params (string Name, string Value)[] fields) =>
        go.SendAsync("POST", "/token", Encoding.ASCII.GetBytes(Form(fields)), ("Content-Type", type));

    public static Task<RawResponse> PostTokenAsync(this GoClient go, params (string Name, string Value)[] fields) => go.PostTokenAsync(FormType, fields);

    /// <summary>A query or form as url.Values.Encode writes it.</summary>
    public static string Form(params (string Name, string Value)[] fields) =>
        string.Join('&', fields.OrderBy(field => field.Name, StringComparer.Ordinal).Select(field => $"{field.Name}={Escape(field.Value)}"));

    /// <summary>Checks an answer and returns its token.</summary>
    public static string IsToken(this RawResponse answer, params string[] access)
    {
        answer.Is("200 OK").Has("Content-Type", "application/json").Has("Cache-Control", "no-store");
        var json = answer.Json();
        var token = (string)json["token"]!;
        Assert.Equal(token, (string)json["access_token"]!);
        Assert.Equal(300, (int)json["expires_in"]!);

        // Go fails the whole login on a time that it cannot read.
        var issued = (string)json["issued_at"]!;
        Assert.Matches(@"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z\z", issued);
        Assert.InRange(DateTimeOffset.Parse(issued, CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddSeconds(2));
        Assert.Equal(access, AccessOf(token));
        return token;
    }

    /// <summary>The claim <c>access</c> of a token, each entry as the scope that it was asked with.</summary>
    public static List<string> AccessOf(string token) => [.. PayloadOf(token)["access"]!.AsArray()
        .Select(entry => $"{(string)entry!["type"]!}:{(string)entry["name"]!}:{string.Join(',', entry["actions"]!.AsArray().Select(action => (string)action!))}")];

    /// <summary>The claims of a token, which is a JWT to those who look into it.</summary>
    public static JsonNode PayloadOf(string token) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!;

    // A space is a plus here.
    private static string Escape(string value) => GoClient.Escape(value).Replace("%20", "+", StringComparison.Ordinal);
}
