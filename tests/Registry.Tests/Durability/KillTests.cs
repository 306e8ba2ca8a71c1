using Registry.Tests.Wire;

namespace Registry.Tests.Durability;

/// <summary>D5: after a kill there is all that was answered 201, and nothing half.</summary>
public sealed class KillTests
{
    [Theory, Engines]
    public async Task D5_After_a_kill_all_that_was_acknowledged_is_whole_and_a_partial_blob_is_no_blob(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = new RepositoryWire(registry.Client, "library/app");
        var images = new List<Pushed>();
        var blobs = new List<byte[]>();
        for (var i = 0; i < 5; i++)
        {
            images.Add(await repository.PushImageAsync($"v{i}"));
            blobs.Add(Oci.RandomBytes(70_000));
            await repository.PushBlobAsync(blobs[^1]);
        }

        var partial = Oci.RandomBytes(500_000);
        var location = (await repository.ChunkAsync(await repository.StartAsync(), partial.AsMemory(0, 100_000), 0)).Is(202).Location;
        await using var connection = await RawHttp.ConnectAsync(registry.Address);
        await connection.SendHeadAsync($"PUT {location}?digest={RepositoryWire.DigestOf(partial)} HTTP/1.1\nContent-Length: 400000\nExpect: 100-continue");
        Assert.Equal(100, (await connection.ReadResponseAsync()).Status);
        await connection.SendAsync(partial.AsMemory(100_000, 200_000));

        registry.Kill();
        await registry.ExitedAsync();
        await registry.StartAgainAsync();

        foreach (var (image, i) in images.Select((image, i) => (image, i)))
        {
            Assert.Equal(image.Content, (await repository.GetAsync($"manifests/v{i}")).Is(200).Body);
            Assert.Equal(blobs[i], (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf(blobs[i])}")).Is(200).Body);
        }

        (await repository.HeadAsync($"blobs/{RepositoryWire.DigestOf(partial)}")).Is(404);
        (await repository.StatusAsync(location)).Is(204).Has("Range", "0-99999");
        await repository.PushBlobAsync(partial);
        Assert.Equal(partial, (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf(partial)}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task D5_An_upload_goes_on_after_a_kill_where_its_last_answer_left_it(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = new RepositoryWire(registry.Client, "library/app");
        var content = Oci.RandomBytes(300_000);
        var digest = RepositoryWire.DigestOf(content);
        var location = (await repository.ChunkAsync(await repository.StartAsync(), content.AsMemory(0, 100_000), 0)).Is(202).Location;

        registry.Kill();
        await registry.ExitedAsync();
        await registry.StartAgainAsync();

        location = (await repository.ChunkAsync(location, content.AsMemory(100_000, 100_000), 100_000)).Is(202).Has("Range", "0-199999").Location;
        (await repository.CloseAsync(location, digest, content.AsMemory(200_000))).Is(201);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{digest}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task D27_A_close_is_answered_the_same_again_after_a_kill(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = new RepositoryWire(registry.Client, "library/app");
        var content = Oci.RandomBytes(1000);
        var digest = RepositoryWire.DigestOf(content);
        var location = await repository.StartAsync();
        (await repository.CloseAsync(location, digest, content)).Is(201);

        registry.Kill();
        await registry.ExitedAsync();
        await registry.StartAgainAsync();

        (await repository.CloseAsync(location, digest, content)).Is(201).Has("Docker-Content-Digest", digest);
    }
}
