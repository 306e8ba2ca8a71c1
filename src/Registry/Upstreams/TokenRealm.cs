using System.Net;

namespace Registry.Upstreams;

/// <summary>
/// Where a challenge sends the registry for a token, and whether it is given the credentials there. An upstream that names a server of
/// somebody else's would otherwise collect the password (CVE-2026-33540).
/// </summary>
/// <param name="Address">The token endpoint.</param>
/// <param name="IsTrusted">Whether it is the upstream's own, or listed.</param>
internal sealed record TokenRealm(Uri Address, bool IsTrusted)
{
    // Below these of a country (example.co.uk), names belong to different owners.
    private static readonly string[] SharedLabels = ["ac", "co", "com", "edu", "gob", "gov", "mil", "ne", "net", "nom", "or", "org", "sch"];

    // Here everyone gets a name from the owner of the domain.
    private static readonly string[] SharedDomains =
    [
        "amazonaws.com", "appspot.com", "azurecr.io", "azurewebsites.net", "cloudapp.net", "cloudfront.net", "fly.dev", "github.io", "gitlab.io",
        "herokuapp.com", "netlify.app", "ngrok.io", "pages.dev", "pkg.dev", "run.app", "vercel.app", "windows.net", "workers.dev",
    ];

    /// <summary>Reads the realm of a challenge.</summary>
    /// <exception cref="UpstreamException">It is nothing that anybody should ask.</exception>
    public static TokenRealm Of(string realm, UpstreamOptions options) =>
        Uri.TryCreate(realm, UriKind.Absolute, out var address)
        && address is { Scheme: "http" or "https", Host.Length: > 0, UserInfo: "", Fragment: "" }
        && (address.Scheme == "https" || options.Address.Scheme == "http")
            ? new TokenRealm(address, IsOwn(address, options.Address) || IsListed(options.Realms, address.IdnHost, address.Port))
            : throw new UpstreamException("The upstream names a token server that cannot be asked safely.");

    /// <summary>Whether a list of hosts, with or without a port, names this one.</summary>
    public static bool IsListed(IReadOnlyList<string> hosts, string host, int port) =>
        hosts.Any(listed => listed.Equals(host, StringComparison.OrdinalIgnoreCase) || listed.Equals($"{host}:{port}", StringComparison.OrdinalIgnoreCase));

    private static bool IsOwn(Uri realm, Uri upstream) =>
        realm.IdnHost.Equals(upstream.IdnHost, StringComparison.OrdinalIgnoreCase)
        || (OwnerOf(upstream.IdnHost) is { } owner && owner.Equals(OwnerOf(realm.IdnHost), StringComparison.OrdinalIgnoreCase));

    // The part of a name that has one owner, as far as it can be seen; null where only the very same host will do.
    private static string? OwnerOf(string host)
    {
        var labels = host.TrimEnd('.').Split('.');
        if (labels.Length < 2 || IPAddress.TryParse(host.Trim('[', ']'), out _))
        {
            return null;
        }

        var isShared = (labels[^1].Length == 2 && SharedLabels.Contains(labels[^2], StringComparer.OrdinalIgnoreCase))
            || SharedDomains.Contains($"{labels[^2]}.{labels[^1]}", StringComparer.OrdinalIgnoreCase);
        return !isShared ? $"{labels[^2]}.{labels[^1]}"
            : labels.Length > 2 ? $"{labels[^3]}.{labels[^2]}.{labels[^1]}"
            : null;
    }
}
