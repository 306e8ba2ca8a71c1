using System.Net;
using Registry.Tests.Collection;

namespace Registry.Tests.Moving;

/// <summary><c>registry storage copy</c>: the objects of a registry move to a bucket while it serves.</summary>
[Trait("Needs", "postgres")]
public sealed class StorageCopyTests
{
    private static readonly (string, string) SecondOnDisk = ("Storage:Second:Disk", "true");

    [Fact]
    public async Task Everything_is_pulled_before_while_and_after_it_moves_from_disk_to_a_bucket()
    {
        using var directory = new TemporaryDirectory();
        await using var bucket = await S3Gateway.CreateBucketAsync();
        Image old;
        await using (var disk = await StartAsync(directory))
        {
            old = await disk.Repository("team/app").PushImageAsync("old", layers: 12);
            await disk.Repository("team/app").PushBlobAsync([]);
            await disk.Repository("team/big").PushImageAsync(Large, "old");
        }

        await using (var both = await StartAsync(directory, [.. bucket.Settings, SecondOnDisk]))
        {
            var repository = both.Repository("team/app");
            await MovedRegistry.IsThereAsync(repository, old, "old");
            var fresh = await repository.PushImageAsync("new");
            Assert.Equal(fresh.Blobs.Count, (await bucket.ObjectsAsync()).Count);
            using var stop = new CancellationTokenSource();
            var pulls = UntilAsync(() => MovedRegistry.IsThereAsync(repository, old, "old"), stop.Token);
            var pushes = UntilAsync(() => repository.PushImageAsync(), stop.Token);

            Assert.Contains("objects were copied", await CopyAsync(directory, bucket, SecondOnDisk), StringComparison.Ordinal);

            await stop.CancelAsync();
            await Task.WhenAll(pulls, pushes);
            Assert.StartsWith("0 objects were copied", await CopyAsync(directory, bucket, SecondOnDisk), StringComparison.Ordinal);
            await MovedRegistry.IsThereAsync(repository, fresh, "new");
        }

        Directory.Delete(directory.File("objects"), recursive: true);
        await using var moved = await StartAsync(directory, bucket.Settings);
        await MovedRegistry.IsThereAsync(moved.Repository("team/app"), old, "old");
        await MovedRegistry.IsThereAsync(moved.Repository("team/big"), Large, "old");
        Assert.Equal(await new Inventory(moved).CountAsync("object", "state = 1"), (await bucket.ObjectsAsync()).Count);
        Assert.Empty(await bucket.OpenUploadsAsync());
    }

    [Fact]
    public async Task Objects_move_from_one_bucket_to_another()
    {
        using var directory = new TemporaryDirectory();
        await using var former = await S3Gateway.CreateBucketAsync();
        await using var bucket = await S3Gateway.CreateBucketAsync();
        var second = Second(former);
        await using (var app = await StartAsync(directory, former.Settings))
        {
            await app.Repository("team/big").PushImageAsync(Large, "old");
        }

        await using (var both = await StartAsync(directory, [.. bucket.Settings, .. second]))
        {
            await MovedRegistry.IsThereAsync(both.Repository("team/big"), Large, "old");
            await CopyAsync(directory, bucket, second);
        }

        Assert.Equal((await former.ObjectsAsync()).OrderBy(o => o.Key), (await bucket.ObjectsAsync()).OrderBy(o => o.Key));
        await using var moved = await StartAsync(directory, bucket.Settings);
        await MovedRegistry.IsThereAsync(moved.Repository("team/big"), Large, "old");
    }

    [Fact]
    public async Task Killed_at_any_time_it_goes_on_and_leaves_nothing_behind()
    {
        using var directory = new TemporaryDirectory();
        await using var bucket = await S3Gateway.CreateBucketAsync();
        await using (var disk = await StartAsync(directory))
        {
            await disk.Repository("team/big").PushImageAsync(Large, "old");
            await disk.Repository("team/app").PushImageAsync("old", layers: 40);
        }

        await using (var process = Start(directory, [.. bucket.Settings, SecondOnDisk]))
        {
            await Eventually.TrueAsync(async () => process.HasExited || (await bucket.ObjectsAsync()).Count > 0, "the copy has begun");
            process.Kill();
            await process.ExitedAsync();
        }

        await CopyAsync(directory, bucket, SecondOnDisk);

        Assert.Empty(await bucket.OpenUploadsAsync());
        Assert.Equal((await StoredObjects.ListAsync(directory.Path, null)).OrderBy(o => o.Key), (await StoredObjects.ListAsync(directory.Path, bucket)).OrderBy(o => o.Key));
    }

    [Fact]
    public async Task What_is_deleted_meanwhile_goes_from_both()
    {
        using var directory = new TemporaryDirectory();
        await using var bucket = await S3Gateway.CreateBucketAsync();
        Image kept;
        await using (var disk = await StartAsync(directory))
        {
            kept = await disk.Repository("team/app").PushImageAsync("kept");
            await disk.Repository("team/app").PushImageAsync("deleted");
        }

        await CopyAsync(directory, bucket, SecondOnDisk);
        await using var both = await StartAsync(directory, [.. bucket.Settings, SecondOnDisk]);
        using var manifest = await both.Repository("team/app").HeadManifestAsync("deleted");
        using var answer = await both.Repository("team/app").DeleteManifestAsync(OciAssert.Header(manifest, "Docker-Content-Digest"));
        await OciAssert.StatusAsync(answer, HttpStatusCode.Accepted);
        await new Inventory(both).CollectAsync();

        Assert.Equal(kept.Blobs.Count, (await bucket.ObjectsAsync()).Count);
        Assert.Equal(kept.Blobs.Count, (await StoredObjects.ListAsync(directory.Path, null)).Count);
        await MovedRegistry.IsThereAsync(both.Repository("team/app"), kept, "kept");
    }

    [Fact]
    public async Task A_damaged_object_is_named_and_not_copied_and_all_others_are()
    {
        using var directory = new TemporaryDirectory();
        await using var bucket = await S3Gateway.CreateBucketAsync();
        Image image;
        await using (var disk = await StartAsync(directory))
        {
            image = await disk.Repository("team/app").PushImageAsync("v1", layers: 3, layerSize: 5000);
        }

        var layer = image.Layers[0];
        var files = Directory.GetFiles(directory.File("objects"), "*", SearchOption.AllDirectories).ToDictionary(file => file, file => File.ReadAllBytes(file));
        var (damaged, bytes) = files.First(file => Oci.Digest(file.Value) == layer.Digest);
        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(damaged, bytes);

        var (code, message) = await RegistryCommandLine.FailAsync(directory.Path, Command([.. bucket.Settings, SecondOnDisk]));

        Assert.Equal(1, code);
        Assert.Contains($"{layer.Digest}: its bytes are damaged", message, StringComparison.Ordinal);
        Assert.Contains("1 objects could not be copied", message, StringComparison.Ordinal);
        Assert.Equal(image.Blobs.Count - 1, (await bucket.ObjectsAsync()).Count);
    }

    [Fact]
    public async Task An_upload_that_was_begun_in_the_second_store_starts_again()
    {
        using var directory = new TemporaryDirectory();
        await using var bucket = await S3Gateway.CreateBucketAsync();
        Uri upload;
        await using (var disk = await StartAsync(directory))
        {
            var repository = disk.Repository("team/app");
            using var begun = await repository.PatchAsync(await repository.StartUploadAsync(), Oci.RandomBytes(100_000), from: 0);
            upload = Uploads.Location(begun);
        }

        await using var both = await StartAsync(directory, [.. bucket.Settings, SecondOnDisk]);
        using var more = await both.Repository("team/app").PatchAsync(new Uri(both.Address, upload.PathAndQuery), Oci.RandomBytes(100), from: 100_000);

        await OciAssert.ErrorAsync(more, HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
    }

    [Fact]
    public async Task Settings_that_make_no_sense_are_refused()
    {
        using var directory = new TemporaryDirectory();
        await using var bucket = await S3Gateway.CreateBucketAsync();
        await using (await StartAsync(directory))
        {
        }

        await RefusesAsync("Storage:Second", SecondOnDisk);
        await RefusesAsync("where from, and where to?", bucket.Settings);
        await RefusesAsync("Storage:Second", [.. bucket.Settings, .. Second(bucket)]);
        await RefusesAsync("Storage:Second", [.. bucket.Settings, .. Second(bucket), SecondOnDisk]);
        await RefusesAsync("Storage:Second:Bucket is not a setting", [.. bucket.Settings, ("Storage:Second:Bucket", "a")]);

        async Task RefusesAsync(string why, params (string, string)[] settings)
        {
            var (code, message) = await RegistryCommandLine.FailAsync(directory.Path, Command(settings));
            Assert.Equal(1, code);
            Assert.StartsWith("registry: ", message, StringComparison.Ordinal);
            Assert.Contains(why, message, StringComparison.Ordinal);
        }
    }

    // Three parts and a piece, of which the last is not full.
    private static readonly Image Large = Image.Random(layers: 1, layerSize: (48 << 20) + 4711);

    private static Task<RegistryApp> StartAsync(TemporaryDirectory directory, params (string, string)[] settings) =>
        RegistryApp.StartAsync(Engine.Sqlite, [.. Inventory.OnDemand, ("DataDirectory", directory.Path), .. settings]);

    private static string[] Command((string Key, string Value)[] settings) => ["storage", "copy", .. settings.Select(setting => $"--{setting.Key}={setting.Value}")];

    private static Task<string> CopyAsync(TemporaryDirectory directory, S3Bucket bucket, params (string, string)[] second) =>
        RegistryCommandLine.RunAsync(directory.Path, "", Command([.. bucket.Settings, .. second]));

    private static ChildProcess Start(TemporaryDirectory directory, params (string, string)[] settings) => ChildProcess.Start(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "registry.dll"), .. Command(settings), $"--DataDirectory={directory.Path}"]);

    private static (string Key, string Value)[] Second(S3Bucket bucket) =>
        [.. bucket.Settings.Select(setting => (setting.Key.Replace("Storage:S3", "Storage:Second:S3", StringComparison.Ordinal), setting.Value))];

    private static async Task UntilAsync(Func<Task> work, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await work();
        }
    }
}
