using System.Net;
using System.Text.Json;

namespace Registry.Tests.Operations;

/// <summary>
/// The program under the conditions of its image: the image's user, no capability, a root file system that is read-only, an empty
/// /data and /tmp, and the image's own health check. Namespaces of the kernel stand in for the container engine.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class ContainerTests
{
    // The user "app" of the .NET images.
    private const string User = "1654";

    // What the image mounts at /data and /tmp, and the program, lie over folders that every machine has.
    private const string Script = """
        set -eu
        mount --make-rprivate /
        mount --bind "$3" /srv
        mount -t tmpfs -o mode=0700,uid=$1,gid=$1 data /mnt
        mount -t tmpfs tmp /tmp
        mount -o remount,bind,ro /
        cd /mnt
        exec setpriv --reuid="$1" --regid="$1" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all env -i \
            PATH="$PATH" HOME=/nonexistent DataDirectory=/mnt ASPNETCORE_HTTP_PORTS="$2" dotnet /srv/registry.dll
        """;

    [Fact]
    public async Task The_program_serves_as_the_images_user_on_a_read_only_root_and_its_health_check_says_so()
    {
        var port = Ports.Next();
        await using var container = ChildProcess.Start(
            "unshare", ["--mount", "bash", "-c", Script, "container", User, $"{port}", AppContext.BaseDirectory]);
        using var client = new HttpClient { BaseAddress = new Uri($"http://localhost:{port}/"), Timeout = Eventually.Guard };
        var check = HealthCheck(port);

        await Eventually.TrueAsync(
            async () =>
            {
                Assert.False(container.HasExited, container.Errors);
                return await SucceedsAsync(check);
            },
            "the health check succeeds");

        var repository = new RepositoryClient(client, "team/app");
        var image = await repository.PushImageAsync("1.0");
        using var manifest = await repository.GetManifestAsync("1.0");
        await OciAssert.DigestAsync(manifest, HttpStatusCode.OK, image.Digest, image.Manifest);
        Assert.False(await SucceedsAsync(HealthCheck(Ports.Next())), "the health check of nothing fails");

        container.Terminate();
        await container.ExitedAsync();
        Assert.Equal(0, container.ExitCode);
    }

    /// <summary>The command of the Dockerfile's HEALTHCHECK, asked of another port.</summary>
    private static string[] HealthCheck(int port)
    {
        var line = File.ReadLines(Path.Combine(SourceTree.Root, "Dockerfile")).Single(line => line.StartsWith("HEALTHCHECK ", StringComparison.Ordinal));
        return JsonSerializer.Deserialize<string[]>(line[line.IndexOf('[', StringComparison.Ordinal)..].Replace("/5000", $"/{port}", StringComparison.Ordinal))!;
    }

    private static async Task<bool> SucceedsAsync(string[] command)
    {
        await using var process = ChildProcess.Start(command[0], command[1..]);
        await process.ExitedAsync();
        return process.ExitCode == 0;
    }
}
