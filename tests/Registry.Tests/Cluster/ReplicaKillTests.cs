using System.Collections.Concurrent;
using System.Globalization;
using Registry.Tests.Wire;
using Xunit.Abstractions;

namespace Registry.Tests.Cluster;

/// <summary>
/// D12: the chunks of an upload go to three replicas in turn, and every few seconds one of them is killed. <c>tests/replicas</c> does it with
/// a thousand uploads.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class ReplicaKillTests(ITestOutputHelper output)
{
    private const int Uploads = 40;
    private const int Clients = 6;

    // As docker, the .NET SDK and clients behind proxies with a limit push.
    private static readonly (int Size, int Chunk)[] Shapes = [(90_000, 30_000), (1 << 20, 64 << 10), (12 << 20, 5 << 20), (21 << 20, 9_999_999)];

    [Fact]
    public async Task D12_Uploads_in_chunks_over_three_replicas_of_which_one_is_killed_again_and_again_all_complete()
    {
        var uploads = int.Parse(Environment.GetEnvironmentVariable("CLUSTER_UPLOADS") is { Length: > 0 } text ? text : $"{Uploads}", CultureInfo.InvariantCulture);
        await using var replicas = await ReplicaSet.StartAsync(3, ("Collection:Interval", "0:00:00.2"), ("Collection:Lease", "1:00:00"), ("Collection:Grace", "1:00:00"));
        var pushed = new ConcurrentBag<(string Digest, int Number)>();
        var restarts = 0;
        using var done = new CancellationTokenSource();
        var killing = KillAsync(replicas, done.Token);

        await Parallel.ForEachAsync(
            Enumerable.Range(0, uploads),
            new ParallelOptions { MaxDegreeOfParallelism = Clients },
            async (number, _) =>
            {
                var (size, chunk) = Shapes[number % Shapes.Length];
                var content = Oci.RandomBytes(size);
                var upload = new PatientUpload(new RepositoryWire(replicas.Client, $"load/app{number % 7}"), content, chunk);
                await upload.RunAsync();
                Interlocked.Add(ref restarts, upload.Restarts);
                pushed.Add((Oci.Digest(content), number));
            });
        await done.CancelAsync();
        var kills = await killing;

        foreach (var (digest, number) in pushed)
        {
            var answer = (await new RepositoryWire(replicas.Client, $"load/app{number % 7}").GetAsync($"blobs/{digest}")).Is(200);
            Assert.Equal(digest, Oci.Digest(answer.Body));
        }

        await AssertNothingLooseAsync(replicas);
        output.WriteLine($"{pushed.Count} uploads, {kills} kills, {restarts} uploads begun anew");
        Assert.Equal(uploads, pushed.Count);
        Assert.True(kills > 0, "no replica was killed");
    }

    /// <summary>When the uploads that were lost have expired, the bucket has the blobs and nothing else.</summary>
    private static Task AssertNothingLooseAsync(ReplicaSet replicas)
    {
        var sql = new Sql(Engine.Postgres, "", replicas.ConnectionString);
        var (blobs, objects) = (Array.Empty<string>(), Array.Empty<string>());
        return Eventually.TrueAsync(
            async () =>
            {
                await sql.ExecuteAsync(
                    "update upload set expires_at = 0, writer_until = 0 where result_digest is null; update object set created_at = 0 where state = 0; "
                    + "update object set delete_not_before = 0 where state = 2");
                blobs = [.. (await sql.RowsAsync("select object_id from blob")).Select(row => Convert.ToHexStringLower((byte[])row[0])).Order(StringComparer.Ordinal)];
                objects = [.. (await StoredObjects.ListAsync("", replicas.Bucket)).Keys.Order(StringComparer.Ordinal)];
                return blobs.SequenceEqual(objects) && (await replicas.Bucket.OpenUploadsAsync()).Count == 0;
            },
            () => $"{blobs.Length} blobs, {objects.Length} objects; loose: {string.Join(' ', objects.Except(blobs))}; missing: {string.Join(' ', blobs.Except(objects))}");
    }

    /// <summary>Kills one of the replicas at random every few seconds, and starts it again.</summary>
    private static async Task<int> KillAsync(ReplicaSet replicas, CancellationToken cancellationToken)
    {
        for (var kills = 0; ; kills++)
        {
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(1 + (3 * Random.Shared.NextDouble())), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return kills;
            }

            await replicas.Replicas[Random.Shared.Next(replicas.Replicas.Count)].KillAndStartAgainAsync();
        }
    }
}
