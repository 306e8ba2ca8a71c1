using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Registry.Tests.Edge;

/// <summary>The machine as others on its network see it.</summary>
internal static class Machine
{
    /// <summary>An address that is not loopback.</summary>
    public static IPAddress Address { get; } = NetworkInterface.GetAllNetworkInterfaces()
        .Where(card => card.OperationalStatus is OperationalStatus.Up && card.NetworkInterfaceType is not NetworkInterfaceType.Loopback)
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .FirstOrDefault(address => address.AddressFamily is AddressFamily.InterNetwork)
        ?? throw new InvalidOperationException("This machine has no address but loopback; the tests of what others see need one: ip link add dummy0 type dummy; ip addr add 192.0.2.1/32 dev dummy0; ip link set dummy0 up.");

    /// <summary>An http address there, to be listened on, which others could reach.</summary>
    public static Uri NextUrl(string scheme = "http") => new($"{scheme}://{Address}:{Ports.Next()}/");
}
