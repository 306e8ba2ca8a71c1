namespace Registry.Upstreams;

/// <summary>Where a challenge sends the registry for a token, and whether credentials go there.</summary>
internal static class TokenRealm
{
    /// <summary>Whether a list of hosts, with or without a port, names this one.</summary>
    public static bool IsListed(IReadOnlyList<string> hosts, string host, int port) =>
        hosts.Any(listed => listed.Equals(host, StringComparison.OrdinalIgnoreCase) || listed.Equals($"{host}:{port}", StringComparison.OrdinalIgnoreCase));
}
