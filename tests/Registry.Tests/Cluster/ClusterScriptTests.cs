using Registry.Tests.Clients;

namespace Registry.Tests.Cluster;

/// <summary><c>tests/cluster</c> as somebody starts it who wants to try replicas.</summary>
[Trait("Needs", "clients")]
public sealed class ClusterScriptTests
{
    private const int Replicas = 2;

    // The balancer's, and those of the others.
    private const int PortCount = 1 + 30;

    // Ends the cluster, which then ends its servers, when its input ends: with the test, or with a run that is killed.
    private const string Script = """
        exec 3<&0
        CLUSTER_PROGRAM="$2" "$1/tests/cluster" "$3" "$4" "$5" 3<&- & cluster=$!
        { cat <&3; kill -TERM "$cluster"; } > /dev/null 2>&1 &
        wait "$cluster"
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task An_image_is_pushed_and_pulled_over_its_load_balancer_and_nothing_is_left_at_its_end()
    {
        using var directory = new TemporaryDirectory();
        var image = Image.Random();
        var port = Ports.NextRun(PortCount);
        await using var cluster = ChildProcess.StartGuard(Script, SourceTree.Root, AppContext.BaseDirectory, $"{Replicas}", $"{port}", $"{port + 1}");
        await Eventually.TrueAsync(
            () =>
            {
                Assert.False(cluster.HasExited, $"{cluster.Output}\n{cluster.Errors}");
                return Task.FromResult(cluster.Output.Contains("Ctrl-C ends it.", StringComparison.Ordinal));
            },
            () => $"the cluster serves\n{cluster.Output}\n{cluster.Errors}",
            Patience);
        var remote = Skopeo.Remote(new Uri($"http://127.0.0.1:{port}/"), "library/app", ":1.0");

        await Skopeo.CopyExactlyAsync(OciLayout.Write(directory.File("in"), image).Name, remote);
        var pulled = new DirectoryLayout(directory.File("out"));
        await Skopeo.CopyExactlyAsync(remote, pulled.Name);

        pulled.AssertHolds(image);
        var data = cluster.Output.Split('\n').Single(line => line.StartsWith("logs and data:", StringComparison.Ordinal)).Split(':', 2)[1].Trim();
        Assert.True(Directory.Exists(data));
        cluster.EndInput();
        await cluster.ExitedAsync(Patience);
        Assert.True(cluster.ExitCode == 0, $"it ended with {cluster.ExitCode}\n{cluster.Errors}");
        Assert.False(Directory.Exists(data));
        Assert.DoesNotContain(Processes(), command => command.Contains(data, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Processes()
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            string command;
            try
            {
                command = File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (IOException)
            {
                continue; // it has ended meanwhile
            }

            yield return command;
        }
    }
}
