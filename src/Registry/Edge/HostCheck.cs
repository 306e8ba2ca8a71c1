using System.Net;
using System.Net.Sockets;
using Registry.Protocol;
using Registry.Storage.Oci;

namespace Registry.Edge;

/// <summary>
/// The Host of a request becomes part of answers (realm, issuer) when PublicUrl is not set, so it has to be a host and nothing else:
/// a name of letters, digits, hyphens, underscores and dots, or an address, and a port.
/// </summary>
internal sealed class HostCheck(RequestDelegate next)
{
    private const int LongestName = 253;

    public Task InvokeAsync(HttpContext http)
    {
        var host = http.Request.Headers.Host;
        return host.Count == 0 || IsValid(host.ToString())
            ? next(http)
            : ErrorEnvelope.WriteAsync(http, OciError.RequestInvalid, "the Host is no name or address with an optional port");
    }

    /// <summary>Whether a text is a host with an optional port. An empty one is: HTTP/1.1 allows it where there is no authority.</summary>
    public static bool IsValid(ReadOnlySpan<char> host)
    {
        var end = host.StartsWith("[") ? host.IndexOf(']') + 1 : host.IndexOf(':');
        end = end < 0 ? host.Length : end;
        return (host.StartsWith("[") ? end > 0 && IsAddress(host[1..(end - 1)]) : IsName(host[..end])) && IsPort(host[end..]);
    }

    private static bool IsAddress(ReadOnlySpan<char> text) =>
        IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 && !text.ContainsAny('%', '[');

    private static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_'))
            {
                return false;
            }
        }

        return name.Length <= LongestName && name.IndexOf("..") < 0 && name is not ['.', ..];
    }

    private static bool IsPort(ReadOnlySpan<char> port) =>
        port.IsEmpty || (port is [':', >= '0' and <= '9', ..] && !port[1..].ContainsAnyExceptInRange('0', '9') && ushort.TryParse(port[1..], out var number) && number > 0);
}
