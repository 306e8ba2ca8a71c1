using System.IO.Pipelines;
using System.Net.Sockets;
using Registry.Tests.Wire;

namespace Registry.Tests.Replicas;

/// <summary>How a process ends: not ready first, then no listener, then the requests under way, then nothing.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task A_replica_that_was_asked_to_stop_is_not_ready_and_serves_until_the_drain_is_over()
    {
        await using var registry = await RegistryProcess.StartAsync(settings: ("Shutdown:Drain", "0:00:03"));
        await registry.Repository("team/app").PushImageAsync("latest");
        registry.Terminate();

        await Eventually.TrueAsync(async () => (await registry.Client.SendAsync("GET", "/readyz")).Status == 503, "it is not ready");
        (await registry.Client.SendAsync("GET", "/healthz")).Is(200);
        (await registry.Client.SendAsync("GET", "/v2/team/app/manifests/latest", ("Accept", Oci.ManifestType))).Is(200);
        await registry.Repository("team/app").PushImageAsync("late");

        await registry.ExitedAsync();
        Assert.Equal(0, registry.ExitCode);
    }

    [Fact]
    public async Task A_request_that_is_under_way_is_finished_after_the_listener_is_gone()
    {
        await using var registry = await RegistryProcess.StartAsync();
        var repository = new RepositoryWire(registry.Client, "team/app");
        var content = Oci.RandomBytes(200_000);
        var location = await repository.StartAsync();
        var body = new Pipe();
        var closing = registry.Client.SendAsync("PUT", RepositoryWire.With(location, $"digest={Oci.Digest(content)}"), new StreamContent(body.Reader.AsStream()));
        await body.Writer.WriteAsync(content.AsMemory(0, 100_000));
        await Eventually.TrueAsync(() => Directory.EnumerateFiles(Path.Combine(registry.DataDirectory, "objects"), "????????????????????????????????", SearchOption.AllDirectories).Any(), "bytes arrive");

        registry.Terminate();
        await Eventually.TrueAsync(async () => !await ListensAsync(registry.Address), "nobody listens any more");
        await body.Writer.WriteAsync(content.AsMemory(100_000));
        await body.Writer.CompleteAsync();

        (await closing).Is(201);
        await registry.ExitedAsync();
        Assert.Equal(0, registry.ExitCode);
    }

    [Fact]
    public async Task A_second_signal_ends_the_process_at_once()
    {
        await using var registry = await RegistryProcess.StartAsync(settings: ("Shutdown:Drain", "1.00:00:00"));
        registry.Terminate();
        await Eventually.TrueAsync(async () => (await registry.Client.SendAsync("GET", "/readyz")).Status == 503, "it is not ready");

        registry.Terminate();

        await registry.ExitedAsync();
        Assert.Equal(128 + 15, registry.ExitCode);
    }

    [Fact]
    public async Task A_request_that_takes_longer_than_the_limit_is_cut_off()
    {
        await using var registry = await RegistryProcess.StartAsync(settings: ("Shutdown:Limit", "0:00:01"));
        var repository = new RepositoryWire(registry.Client, "team/app");
        var location = await repository.StartAsync();
        var body = new Pipe();
        var writing = registry.Client.SendAsync("PATCH", location, new StreamContent(body.Reader.AsStream()));
        await body.Writer.WriteAsync(Oci.RandomBytes(200_000));
        await Eventually.TrueAsync(() => Directory.EnumerateFiles(Path.Combine(registry.DataDirectory, "objects"), "????????????????????????????????", SearchOption.AllDirectories).Any(), "bytes arrive");

        registry.Terminate();

        await registry.ExitedAsync();
        await body.Writer.CompleteAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => writing);
        Assert.Equal(0, registry.ExitCode);
        Assert.DoesNotContain("   at ", registry.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://0.0.0.0:5001")]
    [InlineData("http://[::]:5001")]
    [InlineData("http://*:5001")]
    [InlineData("https://127.0.0.1:5001")]
    [InlineData("127.0.0.1:5001")]
    public async Task An_internal_address_at_which_nobody_reaches_the_replica_is_refused(string address)
    {
        await using var registry = await RegistryProcess.RunToExitAsync(settings: [("Internal:Address", address), ("ConnectionStrings:Postgres", "Host=127.0.0.1")]);

        Assert.Equal(1, registry.ExitCode);
        Assert.Contains($"Internal:Address is", registry.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_string_that_cannot_be_read_is_named_and_not_shown()
    {
        await using var registry = await RegistryProcess.RunToExitAsync(settings: ("ConnectionStrings:Postgres", "Host=127.0.0.1;Password=kettle;Wrong=1"));

        Assert.Equal(1, registry.ExitCode);
        Assert.Contains("ConnectionStrings:Postgres", registry.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("kettle", registry.Errors, StringComparison.Ordinal);
    }

    private static async Task<bool> ListensAsync(Uri address)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(address.Host, address.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
