using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Registry.Configuration;
using Registry.Tests.Wire;
using Registry.Tls;

namespace Registry.Tests.Edge;

/// <summary>Certificates are replaced while the registry runs, in every way that is usual.</summary>
public sealed class TlsReloadTests
{
    [Fact]
    public async Task New_files_are_served_while_requests_go_on_without_a_failure()
    {
        using var authority = Authority.Create("Root");
        using var first = authority.Server();
        using var second = authority.Server();
        using var folder = new TlsFolder(first);
        await using var registry = await TlsRegistry.StartAsync(folder.Settings);
        using var end = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(() => RequestAsync(registry, authority, end.Token))).ToArray();
        await registry.ServesAsync(first);

        Replace(folder, second);
        await registry.ServesAsync(second);
        Replace(folder, first);
        await registry.ServesAsync(first);

        await end.CancelAsync();
        Assert.All(await Task.WhenAll(clients), requests => Assert.True(requests > 0));
    }

    [Fact]
    public async Task The_figures_tell_when_the_certificate_ends_that_is_served()
    {
        using var authority = Authority.Create("Root");
        using var first = authority.Server();
        using var second = authority.Client("CN=localhost", Authority.ServerUse, expired: true);
        using var folder = new TlsFolder(first);
        await using var registry = await TlsRegistry.StartAsync(folder.Settings);
        await EndsAsync(first);

        folder.Write(second);
        await EndsAsync(second);

        Task EndsAsync(X509Certificate2 certificate) => Eventually.TrueAsync(
            async () => (await registry.Plain.GetStringAsync("/metrics")).Contains(
                $"\nregistry_tls_certificate_end_time_seconds {new DateTimeOffset(certificate.NotAfter).ToUnixTimeSeconds()}\n", StringComparison.Ordinal),
            "the figure is that of the certificate");
    }

    [Fact]
    public async Task A_folder_that_a_symbolic_link_is_turned_to_is_served()
    {
        using var authority = Authority.Create("Root");
        using var first = authority.Server();
        using var second = authority.Server();
        using var folder = new TlsFolder(first);
        using var mount = new TemporaryDirectory();
        var versions = new[] { first, second }.Select((certificate, i) => Version(mount, $"..version{i}", certificate)).ToArray();

        // As Kubernetes mounts a secret: tls.crt -> ..data/tls.crt, ..data -> the folder of a version.
        Directory.CreateSymbolicLink(mount.File("..data"), versions[0]);
        File.CreateSymbolicLink(mount.File("tls.crt"), Path.Combine("..data", "tls.crt"));
        File.CreateSymbolicLink(mount.File("tls.key"), Path.Combine("..data", "tls.key"));
        await using var registry = await TlsRegistry.StartAsync(("Tls:Certificate", mount.File("tls.crt")), ("Tls:Key", mount.File("tls.key")));
        await registry.ServesAsync(first);

        Directory.CreateSymbolicLink(mount.File("..data_tmp"), versions[1]);
        await ChildProcess.RunAsync("mv", ["-T", mount.File("..data_tmp"), mount.File("..data")]);

        await registry.ServesAsync(second);
    }

    [Fact]
    public async Task A_broken_file_leaves_the_old_certificate_and_one_line_in_the_log()
    {
        using var authority = Authority.Create("Root");
        using var first = authority.Server();
        using var second = authority.Server();
        using var folder = new TlsFolder(first);
        var (clock, log) = (new Clock(), new Lines());
        var files = new TlsFiles(OptionsOf(folder), clock, log);

        File.WriteAllText(folder.Certificate, "half a file");
        for (var i = 0; i < 5; i++)
        {
            clock.Pass(TimeSpan.FromSeconds(1));
            Assert.Equal(first.Thumbprint, files.Current.Certificate.TargetCertificate.Thumbprint);
        }

        File.Delete(folder.Certificate);
        clock.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(first.Thumbprint, files.Current.Certificate.TargetCertificate.Thumbprint);
        folder.Write(second);
        Assert.Equal(first.Thumbprint, files.Current.Certificate.TargetCertificate.Thumbprint);
        clock.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(second.Thumbprint, files.Current.Certificate.TargetCertificate.Thumbprint);

        Assert.Collection(
            log.All,
            line => Assert.Contains($"Tls:Certificate is \"{folder.Certificate}\"", line, StringComparison.Ordinal),
            line => Assert.Contains("Could not find file", line, StringComparison.Ordinal),
            line => Assert.Contains("CN=localhost", line, StringComparison.Ordinal));
    }

    // As certbot and others do: a new file beside the old one, then a rename. The key comes later than its certificate.
    private static void Replace(TlsFolder folder, X509Certificate2 certificate)
    {
        var next = Path.Combine(folder.Folder, "next");
        File.WriteAllText(next, Authority.PemOf(certificate));
        File.Move(next, folder.Certificate, overwrite: true);
        File.WriteAllText(next, Authority.KeyPemOf(certificate));
        File.Move(next, folder.Key, overwrite: true);
    }

    private static string Version(TemporaryDirectory mount, string name, X509Certificate2 certificate)
    {
        var version = Directory.CreateDirectory(mount.File(name)).FullName;
        File.WriteAllText(Path.Combine(version, "tls.crt"), Authority.PemOf(certificate));
        File.WriteAllText(Path.Combine(version, "tls.key"), Authority.KeyPemOf(certificate));
        return version;
    }

    // On connections of its own, as a client that has just started, and on one that lives on.
    private static async Task<int> RequestAsync(TlsRegistry registry, Authority authority, CancellationToken end)
    {
        var requests = 0;
        using var lasting = registry.Client(authority, HttpVersion.Version20);
        while (!end.IsCancellationRequested)
        {
            using var fresh = registry.Client(authority);
            (await fresh.SendAsync("GET", "/v2/")).Is(200);
            (await lasting.SendAsync("GET", "/v2/")).Is(200);
            requests++;
        }

        return requests;
    }

    private static RegistryOptions OptionsOf(TlsFolder folder) => RegistryOptions.Read(
        new ConfigurationBuilder().AddInMemoryCollection(folder.Settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());

    private sealed class Clock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Pass(TimeSpan time) => _ticks += time.Ticks;
    }

    private sealed class Lines : ILogger<TlsFiles>
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add(formatter(state, exception));
    }
}
