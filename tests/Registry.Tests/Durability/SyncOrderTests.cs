using System.Text.RegularExpressions;
using Registry.Tests.Wire;

namespace Registry.Tests.Durability;

/// <summary>D6: what an answer promises is on disk before the answer is written.</summary>
[Trait("Needs", "clients")]
public sealed partial class SyncOrderTests
{
    private const string Sends = "sendto|sendmsg|write|writev";

    [Theory, Engines("PUT"), Engines("PATCH"), Engines("POST")]
    public async Task D6_A_blob_its_name_and_its_row_are_on_disk_before_201(Engine engine, string way)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = new RepositoryWire(registry.Client, "library/app");
        var content = Oci.RandomBytes(300_000);
        var digest = RepositoryWire.DigestOf(content);
        var location = await repository.StartAsync();

        await using var strace = await WatchAsync(registry);
        var answer = way switch
        {
            "POST" => await repository.PostAsync($"?digest={digest}", Wire.Http.Sized(content)),
            "PUT" => await repository.CloseAsync(location, digest, content),
            _ => await repository.CloseAsync((await repository.ChunkAsync(location, content, 0)).Is(202).Location, digest),
        };
        answer.Is(201);
        var calls = await strace.DetachAsync();

        var written = calls.Last(call => call.Is("pwritev|pwrite64|write|writev", "/objects/") && call.Succeeded);
        var file = Assert.Single(calls, call => call.Is("fdatasync|fsync", "/objects/") && ObjectFile.IsMatch(call.Text));
        var folder = Assert.Single(calls, call => call.Is("fsync", "/objects/") && ObjectFolder.IsMatch(call.Text));
        var commit = Commit(engine, calls);
        var sent = Answer(calls, "HTTP/1.1 201");
        Assert.True(file.Succeeded && folder.Succeeded);
        Assert.True(written.Ended < file.Begun, $"{written} is not synced by {file}");
        Assert.True(file.Ended < commit.Begun, $"{file} is not before {commit}");
        Assert.True(folder.Ended < commit.Begun, $"{folder} is not before {commit}");
        Assert.True(commit.Ended < sent.Begun, $"{commit} is not before {sent}");
    }

    [Theory, Engines]
    public async Task D6_The_row_of_an_object_is_on_disk_before_the_object_can_have_a_file(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = new RepositoryWire(registry.Client, "library/app");
        var location = await repository.StartAsync();

        // The first upload of the process waits for the reservation of its object; many that follow have theirs already.
        await using var strace = await WatchAsync(registry);
        await repository.StreamAsync(location, Oci.RandomBytes(1000));
        var calls = await strace.DetachAsync();

        var commit = calls.First(call => IsCommit(engine, call) && call.Succeeded);
        Assert.True(commit.Ended < calls.First(call => call.Is("openat", "O_CREAT") && ObjectPath.IsMatch(call.Text)).Begun);
        AssertNoRelaxedCommit(calls.Where(call => call.Ended <= commit.Ended));
    }

    [Theory, Engines]
    public async Task D6_Manifests_tags_and_deletes_are_on_disk_before_their_answers(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = new RepositoryWire(registry.Client, "library/app");
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();
        var blob = await repository.PushBlobAsync(Oci.RandomBytes(10));
        var digest = RepositoryWire.DigestOf(content);

        await AssertSyncedAsync("HTTP/1.1 201", () => repository.PutManifestAsync(digest, content, Oci.ManifestType));
        await AssertSyncedAsync("HTTP/1.1 201", () => repository.PutManifestAsync("v1", content, Oci.ManifestType));
        await AssertSyncedAsync("HTTP/1.1 202", () => repository.DeleteAsync("manifests/v1"));
        await AssertSyncedAsync("HTTP/1.1 202", () => repository.DeleteAsync($"manifests/{digest}"));
        await AssertSyncedAsync("HTTP/1.1 202", () => repository.DeleteAsync($"blobs/{blob}"));
        await AssertSyncedAsync("HTTP/1.1 201", () => repository.Sibling("/other").PostAsync($"?mount={document(content)}&from={repository.Name}"));

        async Task AssertSyncedAsync(string status, Func<Task<Answer>> send)
        {
            await using var strace = await WatchAsync(registry);
            var answer = await send();
            var calls = await strace.DetachAsync();
            var sent = Answer(calls, status);
            Assert.True(Commit(engine, calls).Ended < sent.Begun, $"nothing was synced before {answer}");
            AssertNoRelaxedCommit(calls);
        }

        static string document(byte[] manifest) => (string)System.Text.Json.Nodes.JsonNode.Parse(manifest)!["config"]!["digest"]!;
    }

    private static Task<Strace> WatchAsync(RegistryProcess registry) =>
        Strace.AttachAsync(registry.Id, "trace=openat,fsync,fdatasync,sendto,sendmsg,write,writev,pwrite64,pwritev", "signal=none");

    private static SystemCall Answer(IReadOnlyList<SystemCall> calls, string status) => calls.First(call => call.Is(Sends, status));

    private static SystemCall Commit(Engine engine, IReadOnlyList<SystemCall> calls) => calls.Last(call => IsCommit(engine, call) && call.Succeeded);

    // PostgreSQL syncs its own files when it is told to commit; the embedded database is synced by the process itself.
    private static bool IsCommit(Engine engine, SystemCall call) =>
        engine is Engine.Sqlite ? call.Is("fsync|fdatasync", "registry.db-wal>") : call.Is(Sends, "COMMIT") && call.Text.Contains("socket:", StringComparison.Ordinal);

    // The sign of life that a replica gives every few seconds is nobody's answer.
    private static void AssertNoRelaxedCommit(IEnumerable<SystemCall> calls) => Assert.DoesNotContain(
        calls,
        call => call.Text.Contains("synchronous_commit", StringComparison.OrdinalIgnoreCase) && !call.Text.Contains("insert into replica ", StringComparison.Ordinal));

    [GeneratedRegex("/objects/[0-9a-f]{2,3}/[0-9a-f]{32}>")]
    private static partial Regex ObjectFile { get; }

    [GeneratedRegex("/objects/[0-9a-f]{2,3}>")]
    private static partial Regex ObjectFolder { get; }

    [GeneratedRegex("/objects/[0-9a-f]{2,3}/[0-9a-f]{32}\"")]
    private static partial Regex ObjectPath { get; }
}
