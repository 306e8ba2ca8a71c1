using System.Net;
using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.Durability;

/// <summary>D8: on a full disk writes are 507 and reads go on; room is all it takes to recover.</summary>
[Trait("Needs", "clients")]
public sealed class FullDiskTests
{
    private const int LayerSize = 4 << 20;
    private const int Rounds = 10;

    [Theory, Engines]
    public async Task D8_A_full_volume_is_507_reads_go_on_and_deletes_make_room(Engine engine)
    {
        await using var volume = await SmallVolume.MountAsync("size=64m");
        await using var app = await RegistryApp.StartAsync(
            engine, ("DataDirectory", volume.Path), ("Collection:Lease", "00:00:01"), ("Collection:Grace", "00:00:01"), ("Collection:Interval", "00:00:00.1"));
        var repository = new RepositoryWire(app.Client, "library/app");

        for (var round = 0; round < Rounds; round++)
        {
            var images = await PushUntilFullAsync(repository);
            Assert.InRange(images.Count, 5, 16);

            foreach (var image in images)
            {
                await AssertWholeAsync(repository, image);
            }

            Assert.Equal(images.Count, (await app.Client.SendAsync("GET", repository.At("tags/list"))).Is(200).Strings("tags").Count);
            foreach (var image in images)
            {
                (await repository.DeleteAsync($"manifests/{image.Digest}")).Is(202);
            }

            await Eventually.TrueAsync(
                () => Directory.GetFiles(Path.Combine(volume.Path, "objects"), "*", SearchOption.AllDirectories) is { Length: 1 }, // the marker of the folders
                "the volume is empty again");
        }
    }

    [Theory, Engines]
    public async Task D8_A_volume_that_pushes_have_filled_to_the_last_byte_still_takes_deletes(Engine engine)
    {
        await using var volume = await SmallVolume.MountAsync("size=64m");
        await using var app = await RegistryApp.StartAsync(engine, ("DataDirectory", volume.Path), ("Collection:Interval", "1.00:00:00"));
        var repository = new RepositoryWire(app.Client, "library/app");
        var image = (await TryPushAsync(repository, "v1")).Image!;
        var blob = await repository.PushBlobAsync(Oci.RandomBytes(1000));
        foreach (var size in new[] { LayerSize, 256 << 10, 16 << 10, 1 << 10 })
        {
            Answer last;
            do
            {
                var content = Oci.RandomBytes(size);
                last = await repository.PostAsync($"?digest={RepositoryWire.DigestOf(content)}", Wire.Http.Sized(content));
            }
            while (last.Status == 201);

            last.IsError(507, "UNAVAILABLE");
        }

        // Whoever wants to make room has to be able to.
        (await repository.DeleteAsync("manifests/v1")).Is(202);
        (await repository.DeleteAsync($"manifests/{image.Digest}")).Is(202);
        (await repository.DeleteAsync($"blobs/{blob}")).Is(202);
    }

    [Theory, Engines]
    public async Task D8_An_upload_that_cannot_fit_is_507_before_its_body_is_sent(Engine engine)
    {
        await using var volume = await SmallVolume.MountAsync("size=64m");
        await using var app = await RegistryApp.StartAsync(engine, ("DataDirectory", volume.Path));
        var repository = new RepositoryWire(app.Client, "library/app");
        var location = await repository.StartAsync();

        var answer = await RawHttp.RequestAsync(
            app.Address, $"PATCH {location} HTTP/1.1\nContent-Length: {1L << 30}\nExpect: 100-continue");

        OciAssert.Error(answer, HttpStatusCode.InsufficientStorage, "UNAVAILABLE");
        await repository.PushBlobAsync(Oci.RandomBytes(1 << 20));
    }

    [Theory, Engines]
    public async Task D8_An_upload_that_fills_the_volume_gives_its_room_back(Engine engine)
    {
        await using var volume = await SmallVolume.MountAsync("size=64m");
        await using var app = await RegistryApp.StartAsync(engine, ("DataDirectory", volume.Path));
        var repository = new RepositoryWire(app.Client, "library/app");
        await using var connection = await RawHttp.ConnectAsync(app.Address);

        // Nobody knows how long it will be until the volume is full.
        await connection.SendHeadAsync($"PATCH {await repository.StartAsync()} HTTP/1.1\nTransfer-Encoding: chunked");
        var (answer, sent) = await connection.SendChunksUntilAnsweredAsync(most: 1L << 30);

        OciAssert.Error(answer, HttpStatusCode.InsufficientStorage, "UNAVAILABLE");
        Assert.InRange(sent, 50 << 20, 1L << 29);

        await Eventually.TrueAsync(async () => (await TryPushAsync(repository, "v1")).Image is not null, "there is room again");
    }

    [Fact]
    public async Task D8_With_no_room_for_the_embedded_database_writes_are_507_and_reads_go_on()
    {
        await using var volume = await SmallVolume.MountAsync("size=64m");
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, ("DataDirectory", volume.Path));
        var repository = new RepositoryWire(app.Client, "library/app");
        var image = (await TryPushAsync(repository, "v1")).Image!;
        var loose = await repository.PushBlobAsync(Oci.RandomBytes(10));
        var big = BigManifest(900_000);

        for (var round = 0; round < Rounds; round++)
        {
            volume.Fill();

            (await repository.PutManifestAsync("big", big, Oci.IndexType)).IsError(507, "UNAVAILABLE");
            await AssertWholeAsync(repository, image);
            (await repository.HeadAsync($"blobs/{loose}")).Is(200);
            (await repository.GetAsync("tags/list")).Is(200);
            (await repository.GetAsync($"referrers/{image.Digest}")).Is(200);

            volume.Empty();
            (await repository.PutManifestAsync($"after{round}", BigManifest(10_000), Oci.IndexType)).Is(201);
            await repository.PushBlobAsync(Oci.RandomBytes(1000));
        }

        (await repository.PutManifestAsync("big", big, Oci.IndexType)).Is(201);
    }

    [Fact]
    public async Task D8_With_no_room_for_PostgreSQL_writes_are_507_and_reads_go_on()
    {
        await using var volume = await SmallVolume.MountAsync("size=48m");
        await using var postgres = await PostgresCluster.StartOwnAsync();
        await using var app = await RegistryApp.StartAsync(
            Engine.Postgres, ("ConnectionStrings:Postgres", await CreateDatabaseAsync(postgres, volume)), ("Collection:Interval", "1.00:00:00"));
        var repository = new RepositoryWire(app.Client, "library/app");
        var image = await repository.PushImageAsync("v1");
        (await repository.GetAsync("manifests/v1")).Is(200);

        for (var round = 0; round < Rounds; round++)
        {
            // PostgreSQL keeps in this file what a new connection has to know of the catalogs, and removes it when autovacuum has
            // been at them. Whoever comes next writes it again, and is let in only if there is room.
            Array.ForEach(Directory.GetFiles(volume.Path, "pg_internal.init", SearchOption.AllDirectories), File.Delete);
            volume.Fill();

            // What still fits into pages that are there may succeed; a megabyte does not. It costs the connection that asked for
            // it; reading has its own, which is there and stays.
            (await repository.PutManifestAsync("big", BigManifest(900_000), Oci.IndexType)).IsError(507, "UNAVAILABLE");
            Assert.Equal(image.Content, (await repository.GetAsync("manifests/v1")).Is(200).Body);
            (await repository.GetAsync("tags/list")).Is(200);

            volume.Empty();
            (await repository.PutManifestAsync("big", BigManifest(100_000), Oci.IndexType)).Is(201);
        }
    }

    [Theory, Engines]
    public async Task D8_Without_inodes_uploads_are_507_and_reads_go_on(Engine engine)
    {
        await using var volume = await SmallVolume.MountAsync("size=64m,nr_inodes=6000");
        await using var app = await RegistryApp.StartAsync(engine, ("DataDirectory", volume.Path));
        volume.FillFiles(except: 20);
        var repository = new RepositoryWire(app.Client, "library/app");
        var stored = new List<byte[]>();

        Answer last;
        do
        {
            var content = Oci.RandomBytes(100);
            last = await repository.PostAsync($"?digest={RepositoryWire.DigestOf(content)}", Wire.Http.Sized(content));
            stored.Add(content);
            Assert.InRange(stored.Count, 1, 100);
        }
        while (last.Status == 201);

        last.IsError(507, "UNAVAILABLE");
        foreach (var content in stored.SkipLast(1))
        {
            Assert.Equal(content, (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf(content)}")).Is(200).Body);
        }
    }

    /// <summary>A database on the volume, and a connection string for two connections: one to read, one to write.</summary>
    private static async Task<string> CreateDatabaseAsync(PostgresCluster postgres, SmallVolume volume)
    {
        var administration = await postgres.CreateAsync();
        var sql = new Sql(Engine.Postgres, "", administration);
        await SmallVolume.RunAsync("chown", "postgres", volume.Path);
        await sql.ExecuteAsync($"create tablespace small location '{volume.Path}'");
        await sql.ExecuteAsync("create database small tablespace small");
        return new Npgsql.NpgsqlConnectionStringBuilder(administration) { Database = "small", MaxPoolSize = 2 }.ConnectionString;
    }

    private static async Task<List<Pushed>> PushUntilFullAsync(RepositoryWire repository)
    {
        var images = new List<Pushed>();
        while (true)
        {
            var (image, refusal) = await TryPushAsync(repository, $"v{images.Count}");
            if (image is null)
            {
                refusal!.IsError(507, "UNAVAILABLE");
                return images;
            }

            images.Add(image);
            Assert.InRange(images.Count, 1, 16);
        }
    }

    /// <summary>Pushes an image with one large layer; without room, the first answer that was not a success.</summary>
    private static async Task<(Pushed? Image, Answer? Refusal)> TryPushAsync(RepositoryWire repository, string tag)
    {
        byte[] layer = Oci.RandomBytes(LayerSize), config = Oci.RandomBytes(100);
        var content = Documents.Image(Documents.Describe(Oci.ConfigType, config), Documents.Describe(Documents.LayerType, layer)).Bytes();
        Answer pushed;
        do
        {
            if (await RefusalAsync(repository, config, layer) is { } refusal)
            {
                return (null, refusal);
            }

            pushed = await repository.PutManifestAsync(tag, content, Oci.ManifestType);
        }
        while (pushed.Status == 400); // the lease was over before the manifest came

        return pushed.Status == 201 ? (new Pushed(RepositoryWire.DigestOf(content), content, Oci.ManifestType), null) : (null, pushed);
    }

    private static async Task<Answer?> RefusalAsync(RepositoryWire repository, params byte[][] blobs)
    {
        foreach (var blob in blobs)
        {
            var opened = await repository.PostAsync();
            if (opened.Status != 202)
            {
                return opened;
            }

            var closed = await repository.CloseAsync(opened.Location, RepositoryWire.DigestOf(blob), blob);
            if (closed.Status != 201)
            {
                return closed;
            }
        }

        return null;
    }

    private static async Task AssertWholeAsync(RepositoryWire repository, Pushed image)
    {
        Assert.Equal(image.Content, (await repository.GetAsync($"manifests/{image.Digest}")).Is(200).Body);
        foreach (var descriptor in new[] { JsonNode.Parse(image.Content)!["config"]!, JsonNode.Parse(image.Content)!["layers"]![0]! })
        {
            var digest = (string)descriptor["digest"]!;
            (await repository.HeadAsync($"blobs/{digest}")).Is(200);
            Assert.Equal(digest, RepositoryWire.DigestOf((await repository.GetAsync($"blobs/{digest}")).Is(200).Body));
        }
    }

    // Random text: neither engine can compress it away.
    private static byte[] BigManifest(int length) =>
        Documents.Index().With("annotations", new JsonObject { ["padding"] = Convert.ToHexString(Oci.RandomBytes(length / 2)) }).Bytes();
}
