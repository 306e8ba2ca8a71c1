using System.Net;
using Registry.Auth;

namespace Registry.Configuration;

/// <summary>Where the registry listens, and whether it may without a login.</summary>
internal static class ListenAddresses
{
    public const string Default = "http://localhost:5000";

    /// <summary>The addresses the configuration asks for, in every way that ASP.NET Core knows.</summary>
    public static IReadOnlyList<string> Read(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        if (endpoints.Count > 0)
        {
            return endpoints;
        }

        if (configuration["urls"] is { Length: > 0 } urls)
        {
            return urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }

        var ports = Ports("http_ports", "http").Concat(Ports("https_ports", "https")).ToList();
        return ports.Count > 0 ? ports : [Default];

        IEnumerable<string> Ports(string key, string scheme) =>
            (configuration[key] ?? string.Empty).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(port => $"{scheme}://*:{port}");
    }

    /// <summary>Refuses an address that others can reach, unless the operator has opened the registry to them.</summary>
    /// <exception cref="ConfigurationException">An address is not loopback, or no address at all.</exception>
    public static void RefuseExposed(IReadOnlyList<string> addresses, bool open)
    {
        foreach (var address in addresses)
        {
            BindingAddress parsed;
            try
            {
                parsed = BindingAddress.Parse(address);
            }
            catch (FormatException)
            {
                throw Settings.Wrong("urls", address, "addresses like http://localhost:5000, separated by semicolons");
            }

            if (!open && !parsed.IsUnixPipe && !OpenAccess.IsLocalHost(parsed.Host)
                && !(IPAddress.TryParse(parsed.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)))
            {
                throw new ConfigurationException(
                    $"urls has {address}, which other machines can reach, and nobody has to sign in here. "
                    + "Allowed are loopback addresses such as http://localhost:5000; "
                    + "to open the registry to everyone who can reach it, set Access:Open=true");
            }
        }
    }
}
