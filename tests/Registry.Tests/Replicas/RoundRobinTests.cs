using System.IO.Pipelines;
using System.Net;
using Registry.Tests.Wire;

namespace Registry.Tests.Replicas;

/// <summary>D12: no two requests of a client meet the same replica, and none of them notices.</summary>
[Trait("Needs", "postgres")]
public sealed class RoundRobinTests
{
    private static readonly string[] Ways = ["whole", "closing", "chunks", "small chunks", "streamed", "sha512"];

    public static TheoryData<Engine> Objects => [Engine.Postgres, Engine.PostgresS3];

    [Theory]
    [MemberData(nameof(Objects))]
    public async Task D12_Every_way_of_an_upload_crosses_three_replicas(Engine engine)
    {
        await using var replicas = await ReplicaSet.StartAsync(3, engine);
        var repository = new RepositoryWire(replicas.Client, "team/app");
        foreach (var way in Ways)
        {
            // Three times, each beginning with another replica.
            for (var turn = 0; turn < 3; turn++)
            {
                replicas.Balancer.Next = turn;
                var content = Oci.RandomBytes(300_001);
                var digest = await UploadAsync(repository, way, content, () => Task.CompletedTask);
                await SameOnAllAsync(replicas, $"blobs/{digest}", content);
            }
        }

        (await repository.Sibling("2").PostAsync($"?mount={await repository.PushBlobAsync(Oci.RandomBytes(100))}&from=team/app")).Is(201);
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public async Task D12_A_replica_may_die_between_any_two_requests_of_an_upload(Engine engine)
    {
        await using var replicas = await ReplicaSet.StartAsync(2, engine);
        var repository = new RepositoryWire(replicas.Client, "team/app");
        foreach (var way in new[] { "closing", "chunks", "streamed" })
        {
            var content = Oci.RandomBytes(300_001);

            // Whoever has just answered dies, so that the other one goes on, and is back for the request after that.
            var digest = await UploadAsync(repository, way, content, async () =>
            {
                var dead = replicas.Replicas[replicas.Balancer.Last];
                dead.Kill();
                await dead.ExitedAsync();
                foreach (var other in replicas.Replicas.Where(replica => replica != dead && replica.HasExited))
                {
                    await other.StartAgainAsync();
                }
            });

            foreach (var dead in replicas.Replicas.Where(replica => replica.HasExited))
            {
                await dead.StartAgainAsync();
            }

            await SameOnAllAsync(replicas, $"blobs/{digest}", content);
        }
    }

    [Fact]
    public async Task D17_What_one_replica_has_acknowledged_all_others_show_at_once()
    {
        await using var replicas = await ReplicaSet.StartAsync(3);
        for (var round = 0; round < 10; round++)
        {
            var writer = new RepositoryClient(replicas.Replicas[round % 3].Client, "team/app");
            var image = await writer.PushImageAsync("latest");
            await SameOnAllAsync(replicas, "manifests/latest", image.Manifest);
            using var deleted = await writer.DeleteManifestAsync("latest");
            foreach (var replica in replicas.Replicas)
            {
                using var gone = await replica.Repository("team/app").GetManifestAsync("latest");
                await OciAssert.ErrorAsync(gone, HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
            }
        }
    }

    [Fact]
    public async Task D12_A_session_that_is_cancelled_on_one_replica_ends_on_the_one_that_writes_it()
    {
        await using var replicas = await ReplicaSet.StartAsync(2);
        var (one, other) = (new RepositoryWire(replicas.Replicas[0].Client, "team/app"), new RepositoryWire(replicas.Replicas[1].Client, "team/app"));
        var location = new Uri(await one.StartAsync(), UriKind.RelativeOrAbsolute);
        var path = location.IsAbsoluteUri ? location.PathAndQuery : location.OriginalString;
        (await one.ChunkAsync(path, Oci.RandomBytes(1000), 0)).Is(202);
        var body = new Pipe();
        var writing = one.Http.SendAsync("PATCH", path, new StreamContent(body.Reader.AsStream()));
        await body.Writer.WriteAsync(Oci.RandomBytes(200_000));
        var sql = Sql.Of(Engine.Postgres, replicas.Replicas[0]);
        await Eventually.TrueAsync(async () => await sql.NumberAsync("select count(*) from upload where writer is not null") == 1, "the first replica has the claim");

        (await other.Http.SendAsync("DELETE", path)).Is(204);
        (await other.StatusAsync(path)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        await body.Writer.CompleteAsync();

        (await writing).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await one.StatusAsync(path)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
    }

    // Runs what is to happen between two requests.
    private static async Task<string> UploadAsync(RepositoryWire repository, string way, byte[] content, Func<Task> between)
    {
        var digest = Oci.Digest(content, way == "sha512" ? "sha512" : "sha256");
        if (way == "whole")
        {
            (await repository.PostAsync($"?digest={digest}", Http.Sized(content))).Is(201);
            await between();
            return digest;
        }

        var location = await repository.StartAsync(way == "sha512" ? "?digest-algorithm=sha512" : "");
        await between();
        if (way == "closing")
        {
            (await repository.CloseAsync(location, digest, content)).Is(201);
            await between();
            return digest;
        }

        var sizes = way switch
        {
            "small chunks" => new[] { 1, 2, 65_536, 234_462 },
            "streamed" => [200_000, 100_001],
            _ => [100_000, 100_000, 100_001],
        };
        var from = 0;
        foreach (var size in sizes)
        {
            var part = content.AsMemory(from, size);
            location = (await (way == "streamed" ? repository.StreamAsync(location, part) : repository.ChunkAsync(location, part, from))).Is(202).Location;
            await between();
            from += size;
        }

        (await repository.CloseAsync(location, digest)).Is(201);
        await between();
        return digest;
    }

    private static async Task SameOnAllAsync(ReplicaSet replicas, string what, byte[] content)
    {
        foreach (var replica in replicas.Replicas)
        {
            var answer = (await new RepositoryWire(replica.Client, "team/app").GetAsync(what, ("Accept", Oci.ManifestType))).Is(200);
            Assert.True(content.AsSpan().SequenceEqual(answer.Body), $"{what} is another on {replica.Address}");
        }
    }
}
