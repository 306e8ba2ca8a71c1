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

    /// <summary>Makes all the files that can be made but some, all of them empty.</summary>
    public void FillFiles(int except)
    {
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(Path, "files")).FullName;
        var count = 0;
        try
        {
            for (; ; count++)
            {
                File.Create(System.IO.Path.Combine(folder, $"{count}")).Dispose();
            }
        }
        catch (IOException)
        {
            // No inode is left, which is what is wanted.
        }

        for (var i = 0; i < except; i++)
        {
            File.Delete(System.IO.Path.Combine(folder, $"{i}"));
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
