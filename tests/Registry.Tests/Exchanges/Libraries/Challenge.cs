using System.Text.RegularExpressions;

namespace Registry.Tests.Exchanges.Libraries;

/// <summary>
/// The challenge of a 401, read as the pickiest of clients do: one header line, in it one scheme, every value in quotes, nothing
/// between a value and the comma (the .NET SDK's expression; oras looks at the first line only).
/// </summary>
internal sealed partial record Challenge(string Realm, string Service, string? Scope, string? Error)
{
    /// <summary>The token endpoint as the target of a request to the registry itself.</summary>
    public string Path => new Uri(Realm).PathAndQuery;

    public static Challenge Of(RawResponse answer)
    {
        answer.Is("401 Unauthorized");
        var line = Assert.Single(answer.HeaderValues("WWW-Authenticate"));
        Assert.StartsWith("Bearer ", line, StringComparison.Ordinal);
        var text = line["Bearer ".Length..];
        var pairs = Pair.Matches(text);
        Assert.Equal(text.Length, pairs.Sum(pair => pair.Length));
        var values = pairs.ToDictionary(pair => pair.Groups["key"].Value, pair => pair.Groups["value"].Value);
        return new Challenge(values["realm"], values["service"], values.GetValueOrDefault("scope"), values.GetValueOrDefault("error"));
    }

    [GeneratedRegex("""(?<key>\w+)="(?<value>[^"]*)"(?:,|$)""")]
    private static partial Regex Pair { get; }
}
