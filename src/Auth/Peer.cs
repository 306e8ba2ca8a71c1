using System.Net;

namespace Registry.Auth;

/// <summary>What a request shows of where it comes from.</summary>
/// <param name="Address">The other end of the connection; null when it is not an IP connection.</param>
/// <param name="Host">The Host header, with the port if it has one.</param>
/// <param name="Forwarded">Whether a proxy has added a forwarding header.</param>
/// <param name="Origin">The Origin header that browsers add, or null.</param>
public readonly record struct Peer(IPAddress? Address, string Host, bool Forwarded, string? Origin);
