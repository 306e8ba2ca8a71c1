using Registry.Auth.Tokens;
using Registry.Auth.Tokens.Keys;

namespace Registry.Configuration;

/// <summary>Reads the section <c>Tokens</c>.</summary>
internal static class TokenSettings
{
    public static TokenOptions Read(Settings settings, Uri? publicUrl)
    {
        var defaults = publicUrl is null
            ? new TokenOptions()
            : new TokenOptions { Issuer = publicUrl.GetLeftPart(UriPartial.Authority), Service = publicUrl.Authority };
        var options = defaults with
        {
            Issuer = Name(settings, "Tokens:Issuer") ?? defaults.Issuer,
            Service = Name(settings, "Tokens:Service") ?? defaults.Service,
            Realm = Realm(settings),
            Lifetime = Lifetime(settings, defaults.Lifetime),
            Algorithm = Algorithm(settings) ?? defaults.Algorithm,
            KeyAge = settings.Duration("Tokens:KeyAge", defaults.KeyAge, TimeSpan.FromHours(1)),
        };
        return options with { Trusted = [.. settings.Entries("Tokens:Trusted").Select(entry => Trusted(settings, entry, options))] };
    }

    private static TrustedIssuerOptions Trusted(Settings settings, string entry, TokenOptions own)
    {
        var trusted = new TrustedIssuerOptions(
            Name(settings, $"{entry}:Issuer") ?? throw Settings.Wrong($"{entry}:Issuer", "", "the iss of the token server's tokens"),
            Name(settings, $"{entry}:Service") ?? own.Service,
            Keys(settings, $"{entry}:Keys"));
        settings.RefuseUnknown(entry);
        return trusted.Issuer != own.Issuer ? trusted : throw Settings.Wrong($"{entry}:Issuer", trusted.Issuer, "another issuer than Tokens:Issuer");
    }

    // Both stand between quotes in a header.
    private static string? Name(Settings settings, string key) => settings.Text(key) switch
    {
        { } text when text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.AsSpan().ContainsAny('"', '\\') =>
            throw Settings.Wrong(key, text, "visible ASCII characters without quotes and backslashes"),
        var text => text,
    };

    // Clients put parameters of their own behind it.
    private static string? Realm(Settings settings) => Name(settings, "Tokens:Realm") switch
    {
        { } text when !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri is not { Host.Length: > 0, UserInfo: "", Fragment: "" } =>
            throw Settings.Wrong("Tokens:Realm", text, "the http or https address of a token endpoint, like https://auth.example.com/token"),
        var text => text,
    };

    // Docker takes every token to last a minute at least.
    private static TimeSpan Lifetime(Settings settings, TimeSpan otherwise) =>
        settings.Duration("Tokens:Lifetime", otherwise, TimeSpan.FromMinutes(1)) is var time && time <= TokenOptions.MaxLifetime
            ? time
            : throw Settings.Wrong("Tokens:Lifetime", time.ToString(), $"a time of at most {TokenOptions.MaxLifetime}");

    private static TokenAlgorithm? Algorithm(Settings settings) => settings.Text("Tokens:Algorithm") switch
    {
        null => null,
        var text when Array.Find(Enum.GetValues<TokenAlgorithm>(), known => known.ToString() == text) is var found && found.ToString() == text => found,
        var text => throw Settings.Wrong("Tokens:Algorithm", text, string.Join(", ", Enum.GetNames<TokenAlgorithm>())),
    };

    private static string Keys(Settings settings, string key) => settings.Text(key) switch
    {
        null => throw Settings.Wrong(key, "", "the path of a PEM or JWKS file, or the http address of a JWKS"),
        var text when text.Contains("://", StringComparison.Ordinal) => Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https" ? text : throw Settings.Wrong(key, text, "a path, or an http or https address"),
        var text => Path.GetFullPath(text),
    };
}
