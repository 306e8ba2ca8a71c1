using System.Net;

namespace Registry.Configuration;

/// <summary>How the registry meets the network: its public address, the proxies before it, and TLS.</summary>
public sealed record EdgeOptions
{
    // In the place of an address, for a socket has none.
    private const string Socket = "unix";

    /// <summary>The address that clients use, without a path; null when it is read from each request.</summary>
    public required Uri? PublicUrl { get; init; }

    /// <summary>Whose X-Forwarded headers are believed.</summary>
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }

    /// <summary>Whether whoever comes over a Unix socket is such a proxy; the socket in the data directory is not meant.</summary>
    public required bool TrustsSockets { get; init; }

    /// <summary>Whether credentials may come over plain http from other machines.</summary>
    public required bool AllowHttp { get; init; }

    /// <summary>What TLS is made of.</summary>
    public required TlsOptions Tls { get; init; }

    internal static EdgeOptions Read(Settings settings) => new()
    {
        PublicUrl = ReadPublicUrl(settings),
        TrustedProxies = settings.Networks("Proxies:Trusted", Socket),
        TrustsSockets = settings.List("Proxies:Trusted").Contains(Socket),
        AllowHttp = settings.Flag("Access:AllowHttp", false),
        Tls = TlsOptions.Read(settings),
    };

    // The protocol has no place for a path in front of /v2/, and clients take none.
    private static Uri? ReadPublicUrl(Settings settings) => settings.Text("PublicUrl") switch
    {
        null => null,
        var text when Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && uri is { Host.Length: > 0, UserInfo: "", PathAndQuery: "/", Fragment: "" } => uri,
        var text => throw Settings.Wrong("PublicUrl", text, "an http or https address without a path, like https://registry.example.com"),
    };
}
