using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Registry.Tests.Edge;

/// <summary>The machine as others on its network see it.</summary>
internal static class Machine
{
    // Of the range for documentation: nobody else's.
    private const string Spare = "192.0.2.1/32";

    /// <summary>An address that is not loopback; on a machine without a network, one that is given to it.</summary>
    public static IPAddress Address { get; } = Find() ?? Add();

    private static IPAddress? Find() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .FirstOrDefault(address => address.AddressFamily is AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));

    private static IPAddress Add()
    {
        using var added = System.Diagnostics.Process.Start("ip", ["address", "add", Spare, "dev", "lo"]);
        added.WaitForExit();
        return Find() ?? throw new InvalidOperationException(
            $"This machine has no address but loopback; the tests of what others see need one: ip address add {Spare} dev lo");
    }

    /// <summary>An http address there, to be listened on, which others could reach.</summary>
    public static Uri NextUrl(string scheme = "http") => new($"{scheme}://{Address}:{Ports.Next()}/");
}
