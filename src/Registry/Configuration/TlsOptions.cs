namespace Registry.Configuration;

/// <summary>The files of TLS. No record: its text would show the password.</summary>
public sealed class TlsOptions
{
    /// <summary>The file with the registry's certificate; null without TLS of its own.</summary>
    public string? Certificate { get; private init; }

    /// <summary>The file with the certificate's private key, when it is not in the same file.</summary>
    public string? Key { get; private init; }

    /// <summary>Opens the private key.</summary>
    public string? Password { get; private init; }

    /// <summary>The file with the authorities whose client certificates sign in; null when none do.</summary>
    public string? ClientAuthorities { get; private init; }

    /// <summary>What names the user in a client certificate.</summary>
    public ClientName ClientName { get; private init; }

    internal static TlsOptions Read(Settings settings)
    {
        var tls = new TlsOptions
        {
            Certificate = FullPath(settings.Text("Tls:Certificate")),
            Key = FullPath(settings.Text("Tls:Key")),
            Password = settings.Text("Tls:Password"),
            ClientAuthorities = FullPath(settings.Text("Tls:ClientAuthorities")),
            ClientName = ReadClientName(settings),
        };
        return tls.Certificate is not null || (tls.Key ?? tls.Password ?? tls.ClientAuthorities) is null
            ? tls
            : throw new ConfigurationException("Tls:Key, Tls:Password and Tls:ClientAuthorities need Tls:Certificate, which is not set");
    }

    private static ClientName ReadClientName(Settings settings) => settings.Text("Tls:ClientName") switch
    {
        null => ClientName.CommonName,
        var text when Enum.GetNames<ClientName>().FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name
            => Enum.Parse<ClientName>(name),
        var text => throw Settings.Wrong("Tls:ClientName", text, string.Join(", ", Enum.GetNames<ClientName>())),
    };

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);
}
