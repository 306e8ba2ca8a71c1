using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Registry.Upstreams;

/// <summary>
/// Which addresses an upstream may lead the registry to. Whatever is inside this machine, the network around it or the cloud's own
/// services is refused, so that a redirect or a challenge cannot make the registry ask there.
/// </summary>
internal sealed class AddressPolicy(IReadOnlyList<IPNetwork> allowed)
{
    private static readonly IPNetwork[] Refused =
    [.. new[]
    {
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        "168.63.129.16/32", // Azure's metadata
        "::/127", "100::/64", "64:ff9b:1::/48", "2001::/32", "2001:db8::/32", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    }.Select(IPNetwork.Parse)];

    // Where an IPv4 address begins in an IPv6 address of the network: translated, compatible, NAT64, 6to4.
    private static readonly (IPNetwork Network, int Start)[] Embedding =
    [.. new[] { ("::ffff:0:0:0/96", 12), ("::/96", 12), ("64:ff9b::/96", 12), ("2002::/16", 2) }
        .Select(row => (IPNetwork.Parse(row.Item1), row.Item2))];

    public bool Allows(IPAddress address)
    {
        var bare = Bare(address);
        return allowed.Any(network => network.Contains(bare)) || (IsPublic(bare) && !IsOwn(bare));
    }

    private bool IsPublic(IPAddress address)
    {
        if (Array.Exists(Refused, network => network.Contains(address)))
        {
            return false;
        }

        var row = Array.Find(Embedding, row => row.Network.Contains(address));
        return row.Start == 0 || Allows(new IPAddress(address.GetAddressBytes().AsSpan(row.Start, 4)));
    }

    // fe80::1%eth0 is in no network with its zone, and ::ffff:10.0.0.1 in none of IPv4.
    private static IPAddress Bare(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily is AddressFamily.InterNetworkV6 ? new IPAddress(address.GetAddressBytes())
        : address;

    // Also under a public address the registry would ask itself.
    private static bool IsOwn(IPAddress address) => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Any(own => Bare(own.Address).Equals(address));
}
