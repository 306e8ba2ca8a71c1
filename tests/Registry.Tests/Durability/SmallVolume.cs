namespace Registry.Tests.Durability;

/// <summary>A file system of its own with a fixed size, in memory. Mounting takes root.</summary>
internal sealed class SmallVolume : IAsyncDisposable
{
    // Not below the directory of the run: the server of PostgreSQL, which is another user, has to come here.
    public string Path { get; } = Directory.CreateTempSubdirectory("registry-volume-").FullName;

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    /// <summary>The options are those of tmpfs: <c>size=64m</c> for example.</summary>
    public static async Task<SmallVolume> MountAsync(string options)
    {
        var volume = new SmallVolume();
        await RunAsync("mount", "-t", "tmpfs", "-o", options, "tmpfs", volume.Path);
        return volume;
    }

    /// <summary>Takes all the room there is, or all but some.</summary>
    public void Fill(long except = 0)
    {
        using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                ballast.Write(block);
            }
        }
        catch (IOException)
        {
            // Full, which is what is wanted.
        }

        if (except > 0)
        {
            ballast.SetLength(Math.Max(0, ballast.Length - except));
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Empty() => File.Delete(Ballast);

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", "--lazy", Path);
        Directory.Delete(Path);
    }

    public static async Task RunAsync(string program, params string[] arguments)
    {
        await using var process = ChildProcess.Start(program, arguments);
        await process.ExitedAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {process.Errors}");
    }
}
