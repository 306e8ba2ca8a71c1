using System.Net;

namespace Registry.Auth;

/// <summary>
/// Who may come in while nobody has to sign in. The rules on Host and Origin keep web pages out, which reach a loopback
/// address through the browser of whoever opens them (DNS rebinding, cross-site requests).
/// </summary>
public static class OpenAccess
{
    /// <summary>Why the caller is refused, as a sentence for the person; null when it may come in.</summary>
    /// <param name="peer">Where the request comes from.</param>
    /// <param name="everyone">Whether the operator has opened the registry to all who can reach it.</param>
    public static string? Refuse(in Peer peer, bool everyone)
    {
        if (IsForeign(peer.Origin, peer.Host))
        {
            return "requests from the pages of another site are refused";
        }

        if (everyone)
        {
            return null;
        }

        if (peer.Address is null || !IPAddress.IsLoopback(peer.Address) || peer.Forwarded || !IsLocalHost(peer.Host))
        {
            return "this registry is open to programs on its own machine only, at localhost; "
                + "make the first user there (registry user add NAME --administrator), or with the set-up token that it has printed at its start "
                + "(POST /api/v1/setup); from then on everyone signs in. To open it to everyone who can reach it, start it with Access:Open=true";
        }

        return null;
    }

    /// <summary>Whether a browser sends the request for the page of another site.</summary>
    public static bool IsForeign(string? origin, string host) => origin is not null && !IsSameOrigin(origin, host);

    /// <summary>True for the host names that mean this machine, with or without a port.</summary>
    public static bool IsLocalHost(string host)
    {
        var name = host.AsSpan();
        var colon = name.LastIndexOf(':');
        if (colon >= 0 && !name.EndsWith("]"))
        {
            name = name[..colon];
        }

        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name is "127.0.0.1" or "[::1]";
    }

    private static bool IsSameOrigin(string origin, string host) =>
        origin.IndexOf("://", StringComparison.Ordinal) is var scheme and > 0
        && origin.AsSpan(scheme + 3).Equals(host, StringComparison.OrdinalIgnoreCase);
}
