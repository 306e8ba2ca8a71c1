using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Registry.Tests.Connections;
using Registry.Tests.Wire;

namespace Registry.Tests.Edge;

/// <summary>TLS of the registry's own: Tls:Certificate for the https addresses in urls.</summary>
public sealed class TlsTests
{
    private static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Blobs_and_ranges_are_whole_over_https(string version)
    {
        using var authority = Authority.Create("Root");
        using var certificate = authority.Server();
        using var folder = new TlsFolder(certificate);
        await using var registry = await TlsRegistry.StartAsync(folder.Settings);
        using var http = registry.Client(authority, Version.Parse(version));
        var repository = new RepositoryWire(http, "team/app");
        var content = Oci.RandomBytes(20_000_000);
        var digest = await repository.PushBlobAsync(content);

        var whole = (await repository.GetAsync($"blobs/{digest}")).Is(200).Has("Content-Length", "20000000");
        var range = (await repository.GetAsync($"blobs/{digest}", ("Range", "bytes=1000000-18999999"))).Is(206);
        var plain = (await new RepositoryWire(registry.Plain, "team/app").GetAsync($"blobs/{digest}")).Is(200);

        Assert.True(content.AsSpan().SequenceEqual(whole.Body));
        Assert.True(content.AsSpan(1_000_000, 18_000_000).SequenceEqual(range.Body));
        Assert.True(content.AsSpan().SequenceEqual(plain.Body));
        await registry.Plain.ZeroCopyRangesBecomeAsync(1); // the plain one alone
    }

    [Fact]
    public async Task Certificates_between_ours_and_the_root_are_sent_along()
    {
        using var root = Authority.Create("Root");
        using var between = root.CreateBelow("Between");
        using var certificate = between.Server();
        using var folder = new TlsFolder(certificate, between.Certificate);
        await using var registry = await TlsRegistry.StartAsync(folder.Settings);
        using var http = registry.Client(root);

        (await http.SendAsync("GET", "/v2/")).Is(200);
    }

    [Theory]
    [InlineData("one file")]
    [InlineData("encrypted key")]
    [InlineData("pfx")]
    [InlineData("pfx without password")]
    public async Task Every_form_of_certificate_and_key_is_read(string form)
    {
        const string password = "open sesame";
        using var root = Authority.Create("Root");
        using var between = root.CreateBelow("Between");
        using var certificate = between.Server();
        using var folder = new TlsFolder(certificate, between.Certificate);
        var pfx = Path.Combine(folder.Folder, "tls.pfx");
        var chain = new X509Certificate2Collection { certificate, X509CertificateLoader.LoadCertificate(between.Certificate.RawData) };
        (string, string)[] settings;
        switch (form)
        {
            case "one file":
                File.AppendAllText(folder.Certificate, File.ReadAllText(folder.Key));
                settings = [("Tls:Certificate", folder.Certificate)];
                break;
            case "encrypted key":
                File.WriteAllText(folder.Key, certificate.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem(password, Encryption));
                settings = [.. folder.Settings, ("Tls:Password", password)];
                break;
            case "pfx":
                File.WriteAllBytes(pfx, chain.Export(X509ContentType.Pfx, password)!);
                settings = [("Tls:Certificate", pfx), ("Tls:Password", password)];
                break;
            default:
                File.WriteAllBytes(pfx, chain.Export(X509ContentType.Pfx)!);
                settings = [("Tls:Certificate", pfx)];
                break;
        }

        await using var registry = await TlsRegistry.StartAsync(settings);
        using var http = registry.Client(root);

        (await http.SendAsync("GET", "/v2/")).Is(200);
    }

    [Fact]
    public async Task Endpoints_of_the_configuration_have_the_same_certificate_or_one_of_their_own()
    {
        using var authority = Authority.Create("Root");
        using var ours = authority.Server("ours");
        using var own = authority.Server("own");
        using var folder = new TlsFolder(ours);
        using var other = new TlsFolder(own);
        var (first, second) = (new Uri($"https://127.0.0.1:{Ports.Next()}/"), new Uri($"https://127.0.0.1:{Ports.Next()}/"));
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, [
            .. folder.Settings,
            ("Kestrel:Endpoints:First:Url", $"{first}"),
            ("Kestrel:Endpoints:Second:Url", $"{second}"),
            ("Kestrel:Endpoints:Second:Certificate:Path", other.Certificate),
            ("Kestrel:Endpoints:Second:Certificate:KeyPath", other.Key),
        ]);

        using var of1 = await TlsRegistry.CertificateAsync(first);
        using var of2 = await TlsRegistry.CertificateAsync(second);

        Assert.Equal(("CN=ours", "CN=own"), (of1.Subject, of2.Subject));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, null, true)]
    [InlineData(SslProtocols.Tls13, "h2", true)]
    [InlineData(SslProtocols.Tls12, "http/1.1", true)]
#pragma warning disable SYSLIB0039, CA5397 // what must not be spoken
    [InlineData(SslProtocols.Tls11, null, false)]
#pragma warning restore SYSLIB0039, CA5397
    public async Task TLS_is_1_2_or_newer_and_the_protocol_is_agreed_on(SslProtocols protocol, string? application, bool works)
    {
        using var authority = Authority.Create("Root");
        using var certificate = authority.Server();
        using var folder = new TlsFolder(certificate);
        await using var registry = await TlsRegistry.StartAsync(folder.Settings);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, registry.Address.Port);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        var handshake = tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocol,
            ApplicationProtocols = application is null ? null : [new SslApplicationProtocol(application)],
        });

        if (works)
        {
            await handshake.WaitAsync(Eventually.Guard);
            Assert.Equal(application ?? "", tls.NegotiatedApplicationProtocol.ToString());
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(() => handshake.WaitAsync(Eventually.Guard));
        }
    }

    [Theory]
    [InlineData("Tls:Certificate", "no such file")]
    [InlineData("Tls:Certificate", "no certificate")]
    [InlineData("Tls:Certificate", "for clients")]
    [InlineData("Tls:Certificate", "pfx with another password")]
    [InlineData("Tls:Key", "no such file")]
    [InlineData("Tls:Key", "no key")]
    [InlineData("Tls:Key", "key of another")]
    [InlineData("Tls:ClientAuthorities", "no such file")]
    [InlineData("Tls:ClientAuthorities", "no root")]
    [InlineData("Tls:ClientName", "\"Nickname\"")]
    public async Task What_cannot_be_used_stops_the_start_and_its_key_is_named(string key, string what)
    {
        using var root = Authority.Create("Root");
        using var between = root.CreateBelow("Between");
        using var certificate = what == "for clients" ? root.Client("CN=eve") : root.Server();
        using var other = root.Server();
        using var folder = new TlsFolder(certificate);
        var file = Path.Combine(folder.Folder, "wrong.pem");
        switch (what)
        {
            case "no certificate" or "no key":
                File.WriteAllText(file, "nothing of use");
                break;
            case "for clients":
                File.Copy(folder.Certificate, file);
                break;
            case "pfx with another password":
                File.WriteAllBytes(file, certificate.Export(X509ContentType.Pfx, "one"));
                break;
            case "key of another":
                File.WriteAllText(file, Authority.KeyPemOf(other));
                break;
            case "no root":
                File.WriteAllText(file, between.Pem);
                break;
        }

        var value = key == "Tls:ClientName" ? "Nickname" : file;
        var refused = await Assert.ThrowsAsync<Configuration.ConfigurationException>(() => TlsRegistry.StartAsync([.. folder.Settings, (key, value)]));

        Assert.StartsWith($"{key} is \"{value}\"", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_https_address_without_a_certificate_stops_the_start()
    {
        await using var registry = await RegistryProcess.RunToExitAsync(settings: ("urls", "https://127.0.0.1:1"));

        Assert.NotEqual(0, registry.ExitCode);
        Assert.Contains("set Tls:Certificate", registry.Errors, StringComparison.Ordinal);
    }
}
