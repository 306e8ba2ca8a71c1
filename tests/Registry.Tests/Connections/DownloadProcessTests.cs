using System.Net;
using System.Net.Sockets;
using System.Text;
using Registry.Tests.Wire;

namespace Registry.Tests.Connections;

/// <summary>What downloads take of the process, and what they leave behind.</summary>
public sealed class DownloadProcessTests
{
    private const int Size = 16 << 20;

    [Fact]
    public async Task Downloads_that_clients_abort_leave_no_file_and_no_connection_open()
    {
        await using var registry = await RegistryProcess.StartAsync();
        var (target, _) = await PushAsync(registry);
        var before = registry.Sockets();

        for (var round = 0; round < 4; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => AbortAsync(registry, target, after: i * 20_011, reset: i % 2 == 0)));
        }

        await Eventually.TrueAsync(() => registry.Objects() == 0, "no file of an object is open");
        await Eventually.TrueAsync(() => registry.Sockets() <= before, "no connection is open but those of before");
        (await registry.Client.SendAsync("HEAD", target)).Is(200);
        Assert.DoesNotContain("exception", registry.Errors, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Connections_that_are_reset_before_they_ask_are_no_error()
    {
        await using var registry = await RegistryProcess.StartAsync();
        var before = registry.Sockets();

        for (var i = 0; i < 300; i++)
        {
            (await RawHttp.ConnectAsync(registry.Address)).Reset();
        }

        (await registry.Client.SendAsync("GET", "/v2/")).Is(200);
        await Eventually.TrueAsync(() => registry.Sockets() <= before, "no connection is open but those of before");
        Assert.DoesNotContain("exception", registry.Errors, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Without_a_free_descriptor_a_download_is_503_and_works_again_with_one()
    {
        await using var registry = await RegistryProcess.StartAsync();
        var (target, content) = await PushAsync(registry);
        await using var connection = await RawHttp.ConnectAsync(registry.Address);
        await connection.SendHeadAsync($"GET {target} HTTP/1.1");
        Assert.Equal(200, (await connection.ReadResponseAsync()).Status);

        await registry.LimitDescriptorsAsync(registry.LowestFreeDescriptor());
        await connection.SendHeadAsync($"GET {target} HTTP/1.1");
        OciAssert.Error(await connection.ReadResponseAsync(), HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");

        await registry.LimitDescriptorsAsync(1024);
        await connection.SendHeadAsync($"GET {target} HTTP/1.1");
        var answer = await connection.ReadResponseAsync();
        Assert.True(content.AsSpan().SequenceEqual(answer.Body));
    }

    [Fact]
    public async Task A_download_that_runs_at_SIGTERM_is_completed()
    {
        await using var registry = await RegistryProcess.StartAsync();
        var (target, content) = await PushAsync(registry);
        using var response = await registry.Client.GetAsync(target, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        var start = new byte[100_000];
        await body.ReadExactlyAsync(start);

        registry.Terminate();
        await Eventually.TrueAsync(() => IsRefusedAsync(registry), "the registry takes no new connections");
        using var rest = new MemoryStream();
        await body.CopyToAsync(rest);
        await registry.ExitedAsync();

        Assert.True(content.AsSpan().SequenceEqual([.. start, .. rest.ToArray()]));
        Assert.Equal(0, registry.ExitCode);
    }

    [Fact]
    public async Task A_thousand_downloads_that_do_not_read_take_one_file_each_and_less_than_300_MB()
    {
        await using var registry = await RegistryProcess.StartAsync();
        var (target, _) = await PushAsync(registry);
        var stalled = new List<Socket>();
        try
        {
            for (var i = 0; i < 1000; i++)
            {
                stalled.Add(await BeginAsync(registry, target));
            }

            await Eventually.TrueAsync(() => registry.Objects() == 1000, "every download has its file open");
            Assert.InRange(registry.PeakMemory(), 0, 300_000_000);
            (await registry.Client.SendAsync("HEAD", target)).Is(200);
        }
        finally
        {
            stalled.ForEach(socket => socket.Dispose());
        }

        await Eventually.TrueAsync(() => registry.Objects() == 0, "no file of an object is open");
    }

    private static async Task<(string Target, byte[] Content)> PushAsync(RegistryProcess registry)
    {
        var repository = new RepositoryWire(registry.Client, "team/app");
        var content = Oci.RandomBytes(Size);
        return (repository.At($"blobs/{await repository.PushBlobAsync(content)}"), content);
    }

    private static async Task AbortAsync(RegistryProcess registry, string target, int after, bool reset)
    {
        using var socket = await BeginAsync(registry, target);
        var buffer = new byte[20_011];
        for (var left = after; left > 0;)
        {
            left -= await socket.ReceiveAsync(buffer.AsMemory(0, Math.Min(left, buffer.Length)));
        }

        if (reset)
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
    }

    /// <summary>Asks for the blob and reads the first byte of the answer.</summary>
    private static async Task<Socket> BeginAsync(RegistryProcess registry, string target)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 64 << 10 };
        await socket.ConnectAsync(registry.Address.Host, registry.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: {registry.Address.Authority}\r\n\r\n"));
        Assert.Equal(1, await socket.ReceiveAsync(new byte[1]));
        return socket;
    }

    private static async Task<bool> IsRefusedAsync(RegistryProcess registry)
    {
        try
        {
            await using var connection = await RawHttp.ConnectAsync(registry.Address);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
