using System.Net.Sockets;
using System.Runtime.Versioning;
using Registry.CommandLine;
using Registry.Tests.Wire;

namespace Registry.Tests.Edge;

/// <summary>The Unix socket in the data directory.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LocalSocketTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task The_owner_of_the_data_directory_reaches_the_registry_by_its_socket()
    {
        await using var app = await RegistryApp.StartAsync();
        using var http = LocalSocket.CreateClient(app.DataDirectory);

        (await http.SendAsync("GET", "/readyz")).Is(200);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(LocalSocket.PathIn(app.DataDirectory)));
    }

    [Fact]
    public async Task A_file_that_a_killed_process_has_left_is_replaced_and_a_stop_leaves_none()
    {
        await using var registry = await RegistryProcess.StartAsync();
        var path = LocalSocket.PathIn(registry.DataDirectory);

        await registry.KillAndStartAgainAsync();
        using (var http = LocalSocket.CreateClient(registry.DataDirectory))
        {
            (await http.SendAsync("GET", "/readyz")).Is(200);
        }

        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
        registry.Terminate();
        await registry.ExitedAsync();
        Assert.False(File.Exists(path));
        using var nobody = LocalSocket.CreateClient(registry.DataDirectory);
        Assert.IsType<SocketException>((await Assert.ThrowsAsync<HttpRequestException>(() => nobody.SendAsync("GET", "/readyz"))).InnerException);
    }

    [Fact]
    public async Task It_is_no_address_that_the_start_tells()
    {
        await using var registry = await RegistryProcess.StartAsync();

        await Eventually.TrueAsync(() => registry.Errors.Contains("First push", StringComparison.Ordinal), "the registry says where it listens");
        Assert.DoesNotContain("registry.sock", registry.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_its_path_is_too_long_there_is_a_warning_and_no_socket()
    {
        using var directory = new TemporaryDirectory();
        var data = Directory.CreateDirectory(directory.File(new string('d', 100))).FullName;

        await using var registry = await RegistryProcess.StartAsync(settings: ("DataDirectory", data));

        Assert.False(File.Exists(LocalSocket.PathIn(data)));
        Assert.Contains($"There is no {LocalSocket.PathIn(data)}", registry.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoints_of_the_configuration_are_served_beside_it()
    {
        var url = new Uri($"http://127.0.0.1:{Ports.Next()}/");
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, ("Kestrel:Endpoints:Own:Url", $"{url}"));
        using var local = LocalSocket.CreateClient(app.DataDirectory);
        using var own = new HttpClient { BaseAddress = url };

        (await local.SendAsync("GET", "/readyz")).Is(200);
        (await own.SendAsync("GET", "/v2/")).Is(200);
    }

    [Fact]
    public async Task A_socket_of_the_operators_is_no_network_either()
    {
        using var directory = new TemporaryDirectory();
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, ("Access:Open", "true"), ("urls", $"http://unix:{LocalSocket.PathIn(directory.Path)}"));
        using var http = LocalSocket.CreateClient(directory.Path);

        (await http.SendAsync("GET", "/v2/", ("Authorization", "Basic dXNlcjpwYXNzd29yZA=="))).Is(200);
    }

    [Fact]
    public async Task Who_comes_over_it_may_do_everything()
    {
        await using var app = await RegistryApp.StartAsync();
        using var http = LocalSocket.CreateClient(app.DataDirectory);
        var repository = new RepositoryWire(http, "team/app");
        var content = Oci.RandomBytes(3_000_000);
        var digest = await repository.PushBlobAsync(content);

        var whole = (await repository.GetAsync($"blobs/{digest}", ("Host", "registry.example.com"))).Is(200);

        Assert.True(content.AsSpan().SequenceEqual(whole.Body));
        (await http.SendAsync("GET", "/v2/_catalog")).Is(200);
    }
}
