using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Registry.Configuration;

/// <summary>Where the registry listens.</summary>
internal static class ListenAddresses
{
    public const string Default = "http://localhost:5000";

    /// <summary>The addresses the configuration asks for; none when it describes endpoints, which Kestrel reads by itself.</summary>
    /// <exception cref="ConfigurationException">An address is malformed, or asks for TLS without a certificate.</exception>
    public static IReadOnlyList<BindingAddress> Read(IConfiguration configuration, TlsOptions tls)
    {
        if (configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
        {
            return [];
        }

        var addresses = Texts(configuration).Select(text => Parse("urls", text)).ToList();
        var hasCertificate = tls.Certificate is not null || configuration.GetSection("Kestrel:Certificates:Default").Exists();
        return hasCertificate || addresses.Find(address => IsHttps(address)) is not { } https ? addresses
            : throw new ConfigurationException($"urls has {https}, and there is no certificate: set Tls:Certificate");
    }

    /// <summary>Where this replica listens for the others, which are told the same address.</summary>
    /// <exception cref="ConfigurationException">It is no address at which others could reach one machine.</exception>
    public static BindingAddress? ReadInternal(Settings settings, TlsOptions tls, bool amongOthers)
    {
        const string Key = "Internal:Address";
        if (settings.Text(Key) is not { } text)
        {
            return null;
        }

        var address = Parse(Key, text);
        return !amongOthers ? throw Settings.Wrong(Key, text, "nothing without ConnectionStrings:Postgres: there are no other replicas")
            : address.IsUnixPipe || address.Host is "*" or "+" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)))
                ? throw Settings.Wrong(Key, text, "the address at which the other replicas reach this one, like http://10.0.0.5:5001")
            : IsHttps(address) && tls.Certificate is null ? throw new ConfigurationException($"{Key} is {text}, and there is no certificate: set Tls:Certificate")
            : address;
    }

    /// <summary>Listens there, and with the registry's TLS where the address begins with https.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="addresses">Where.</param>
    /// <param name="configure">What else the listeners use.</param>
    public static void Listen(this KestrelServerOptions kestrel, IEnumerable<BindingAddress> addresses, Action<ListenOptions>? configure = null)
    {
        foreach (var address in addresses)
        {
            kestrel.Listen(address, listen =>
            {
                configure?.Invoke(listen);
                if (IsHttps(address))
                {
                    listen.UseHttps();
                }
            });
        }
    }

    // As Kestrel understands the same text: what is no address and not localhost means all of this machine's.
    private static void Listen(this KestrelServerOptions kestrel, BindingAddress address, Action<ListenOptions> configure)
    {
        if (address.IsUnixPipe)
        {
            kestrel.ListenUnixSocket(address.UnixPipePath, configure);
        }
        else if (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            kestrel.ListenLocalhost(address.Port, configure);
        }
        else if (IPAddress.TryParse(address.Host, out var ip))
        {
            kestrel.Listen(ip, address.Port, configure);
        }
        else
        {
            kestrel.ListenAnyIP(address.Port, configure);
        }
    }

    private static bool IsHttps(BindingAddress address) => address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Texts(IConfiguration configuration)
    {
        if (configuration["urls"] is { Length: > 0 } urls)
        {
            return Split(urls);
        }

        var ports = Ports("http_ports", "http").Concat(Ports("https_ports", "https")).ToList();
        return ports.Count > 0 ? ports : [Default];

        IEnumerable<string> Ports(string key, string scheme) => Split(configuration[key] ?? string.Empty).Select(port => $"{scheme}://*:{port}");
    }

    private static string[] Split(string list) => list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static BindingAddress Parse(string key, string text)
    {
        try
        {
            var address = BindingAddress.Parse(text);
            if (address.PathBase.Length == 0 && !address.IsNamedPipe && (IsHttps(address) || address.Scheme.Equals("http", StringComparison.OrdinalIgnoreCase)))
            {
                return address;
            }
        }
        catch (FormatException)
        {
            // said below
        }

        throw Settings.Wrong(key, text, key == "urls" ? "addresses like http://localhost:5000, separated by semicolons" : "an address like http://10.0.0.5:5001");
    }
}
