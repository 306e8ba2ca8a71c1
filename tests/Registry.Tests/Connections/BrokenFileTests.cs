using Registry.Tests.Wire;

namespace Registry.Tests.Connections;

/// <summary>A file that has lost bytes is never served as if it had not.</summary>
public sealed class BrokenFileTests
{
    private const int Size = 32 << 20;

    [Theory]
    [InlineData(Listener.Plain)]
    [InlineData(Listener.Tls)]
    public async Task A_file_shorter_than_its_row_says_is_503(Listener listener)
    {
        await using var listeners = await Listeners.StartAsync();
        using var http = listeners.Client(listener);
        var repository = new RepositoryWire(http, "team/app");
        var digest = await repository.PushBlobAsync(Oci.RandomBytes(Size));
        Truncate(listeners.App, Size - 1);

        (await repository.GetAsync($"blobs/{digest}")).IsError(503, "UNAVAILABLE");
        (await repository.GetAsync($"blobs/{digest}", ("Range", "bytes=0-99999"))).IsError(503, "UNAVAILABLE");
    }

    [Theory]
    [InlineData(Listener.Plain)]
    [InlineData(Listener.H2c)]
    [InlineData(Listener.Tls)]
    [InlineData(Listener.TlsHttp2)]
    public async Task A_download_whose_file_is_cut_while_it_is_sent_breaks_off(Listener listener)
    {
        await using var listeners = await Listeners.StartAsync();
        using var http = listeners.Client(listener);
        var repository = new RepositoryWire(http, "team/app");
        var digest = await repository.PushBlobAsync(Oci.RandomBytes(Size));
        using var response = await http.GetAsync(repository.At($"blobs/{digest}"), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[1000]);

        Truncate(listeners.App, Size - 1);

        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null));
        (await repository.HeadAsync($"blobs/{digest}")).Is(200);
    }

    private static void Truncate(RegistryApp app, long length)
    {
        var objects = new DirectoryInfo(Path.Combine(app.DataDirectory, "objects"));
        using var file = objects.EnumerateFiles("*", SearchOption.AllDirectories).Single(file => file.Length == Size)
            .Open(FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
    }
}
