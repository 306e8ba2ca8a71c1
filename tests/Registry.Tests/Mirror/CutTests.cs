namespace Registry.Tests.Mirror;

/// <summary>What breaks off goes on where it was.</summary>
[OnS3]
public sealed class CutTests
{
    private const int MiB = 1 << 20;

    [Theory]
    [Engines]
    public async Task D24_a_blob_that_the_upstream_cuts_at_every_MiB_comes_whole_and_each_byte_once(Engine engine)
    {
        await using var mirror = await Mirroring.StartAsync(engine);
        var (repository, layer, content) = await mirror.PutLayerAsync(12 * MiB);
        Enumerable.Repeat((long)MiB, 12).ToList().ForEach(mirror.Upstream.Cuts.Enqueue);

        using var reader = await BlobReader.OpenAsync(mirror.App.Client, repository.Name, content);
        await reader.ReadToEndAsync();

        Assert.Equal(Enumerable.Range(0, 13).Select(cut => cut * (long)MiB), mirror.Upstream.Offsets(layer.Digest));
        Assert.Equal(content.Length, mirror.Upstream.BlobBytes);
        await mirror.Inventory.SettleAsync(blobs: 1);
    }

    [Theory]
    [Engines]
    public async Task An_upstream_that_ignores_ranges_may_cut_as_well(Engine engine)
    {
        await using var mirror = await Mirroring.StartAsync(engine);
        var (repository, layer, content) = await mirror.PutLayerAsync(4 * MiB);
        mirror.Upstream.IgnoresRanges = true;
        mirror.Upstream.Cuts.Enqueue(MiB);
        mirror.Upstream.Cuts.Enqueue(2 * MiB);

        using var reader = await BlobReader.OpenAsync(mirror.App.Client, repository.Name, content);
        await reader.ReadToEndAsync();

        Assert.Equal([0L, MiB, 2 * MiB], mirror.Upstream.Offsets(layer.Digest));
    }

    [Fact]
    public async Task What_came_before_the_upstream_was_gone_is_not_fetched_again()
    {
        await using var mirror = await Mirroring.StartAsync();
        var (repository, layer, content) = await mirror.PutLayerAsync(9 * MiB);
        mirror.Upstream.HoldsAt = 6 * MiB;
        using (var reader = await BlobReader.OpenAsync(mirror.App.Client, repository.Name, content))
        {
            await reader.ReadAsync(5 * MiB);
            await mirror.Upstream.StopAsync();
            Assert.InRange(await reader.ReadToBreakAsync(), 5 * MiB, 6 * MiB);
        }

        mirror.Upstream.Release();
        await mirror.Upstream.StartAgainAsync();
        using var again = await mirror.OpenPatientlyAsync(repository, content);
        await again.ReadToEndAsync();

        Assert.InRange(mirror.Upstream.Offsets(layer.Digest)[^1], 5 * MiB, 6 * MiB);
    }

    [Theory]
    [Engines]
    public async Task A_fill_goes_on_after_a_graceful_stop_from_what_had_come(Engine engine)
    {
        await using var mirror = await Mirroring.StartAsync(engine, ("Shutdown:Limit", "0:00:01"));
        var (repository, layer, content) = await mirror.PutLayerAsync(12 * MiB);
        mirror.Upstream.HoldsAt = 9 * MiB;
        using (var reader = await BlobReader.OpenAsync(mirror.App.Client, repository.Name, content))
        {
            await reader.ReadAsync(8 * MiB);
            await mirror.App.RestartAsync();
            Assert.InRange(await reader.ReadToBreakAsync(), 8 * MiB, 9 * MiB);
        }

        mirror.Upstream.Release();
        using var again = await BlobReader.OpenAsync(mirror.App.Client, repository.Name, content);
        await again.ReadToEndAsync();

        Assert.Equal(2, mirror.Upstream.Offsets(layer.Digest).Count);
        Assert.InRange(mirror.Upstream.Offsets(layer.Digest)[1], 8 * MiB, 9 * MiB);
    }

    [Fact]
    public async Task A_fill_goes_on_after_a_kill_from_its_last_checkpoint()
    {
        await using var upstream = await ScriptedUpstream.StartAsync();
        await using var mirror = await RegistryProcess.StartAsync(Engine.Sqlite, Mirroring.SettingsOf(upstream));
        var content = Oci.RandomBytes(72 * MiB);
        var digest = upstream.PutBlob("team/app", content);
        upstream.HoldsAt = 68 * MiB;
        using (var reader = await BlobReader.OpenAsync(mirror.Client, "up/team/app", content))
        {
            // A checkpoint is begun when the one before has been recorded.
            await reader.ReadAsync(66 * MiB);
            mirror.Kill();
        }

        upstream.Release();
        await mirror.StartAgainAsync();
        using var again = await BlobReader.OpenAsync(mirror.Client, "up/team/app", content);
        await again.ReadToEndAsync();

        Assert.InRange(upstream.Offsets(digest)[^1], 32 * MiB, 68 * MiB);
    }
}
