using Registry.Tests.Moving;

namespace Registry.Tests.Replicas;

/// <summary>Replicas that keep objects on disk have one folder for them: with two each would miss what the other has taken.</summary>
[Trait("Needs", "postgres")]
public sealed class ObjectFolderTests
{
    [Fact]
    public async Task A_replica_with_a_folder_of_its_own_does_not_start_and_says_what_to_do()
    {
        await using var first = await RegistryApp.StartAsync(Engine.Postgres);

        await using var second = await RegistryProcess.RunToExitAsync(
            Engine.Postgres, ("ConnectionStrings:Postgres", first.ConnectionString!), ("Keys:MasterKeyFile", Path.Combine(first.DataDirectory, "master.key")));

        Assert.NotEqual(0, second.ExitCode);
        foreach (var named in new[] { "DataDirectory", "Storage:S3:Bucket", second.DataDirectory, IdIn(first.DataDirectory), IdIn(second.DataDirectory) })
        {
            Assert.Contains(named, second.Errors, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("   at ", second.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_folder_may_move_and_come_back_from_a_backup()
    {
        using var directory = new TemporaryDirectory();
        await using var first = await RegistryApp.StartAsync(Engine.Postgres);
        var image = await first.Repository("team/app").PushImageAsync("v1");
        await CopyAsync(Path.Combine(first.DataDirectory, "objects"), directory.File("objects"));

        await using var second = await StartAsync(first, directory);

        await MovedRegistry.IsThereAsync(second.Repository("team/app"), image, "v1");
    }

    [Fact]
    public async Task Objects_without_their_id_are_taken_after_it_was_written_where_the_message_says()
    {
        using var directory = new TemporaryDirectory();
        await using var first = await RegistryApp.StartAsync(Engine.Postgres);
        var image = await first.Repository("team/app").PushImageAsync("v1");
        await CopyAsync(Path.Combine(first.DataDirectory, "objects"), directory.File("objects"));
        File.Delete(directory.File("objects/id"));
        var refusal = await Assert.ThrowsAsync<Configuration.ConfigurationException>(() => StartAsync(first, directory));
        Assert.Contains($"write {IdIn(first.DataDirectory)} to {directory.File("objects/id")}", refusal.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(directory.File("objects/id"), IdIn(first.DataDirectory));

        await using var second = await StartAsync(first, directory);
        await MovedRegistry.IsThereAsync(second.Repository("team/app"), image, "v1");
    }

    [Fact]
    public async Task Replicas_that_start_together_on_one_empty_folder_agree()
    {
        var objects = RunDirectory.Create("objects");
        var database = await PostgresCluster.CreateDatabaseAsync();
        using var keys = new TemporaryDirectory();

        var apps = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => RegistryApp.StartAsync(
            Engine.Postgres,
            ("ConnectionStrings:Postgres", database), ("Keys:MasterKeyFile", keys.File("master.key")), ("DataDirectory", DataDirectories.Beside(objects)))));

        foreach (var app in apps)
        {
            await app.DisposeAsync();
        }

        await PostgresCluster.DropDatabaseAsync(database);
    }

    [Fact]
    public async Task Objects_in_a_bucket_do_not_care_where_the_data_directory_is()
    {
        await using var first = await RegistryApp.StartAsync(Engine.PostgresS3);
        await using var second = await RegistryApp.StartAsync(
            Engine.Postgres,
            [.. first.Bucket!.Settings, ("ConnectionStrings:Postgres", first.ConnectionString!), ("Keys:MasterKeyFile", Path.Combine(first.DataDirectory, "master.key"))]);
    }

    private static Task<RegistryApp> StartAsync(RegistryApp first, TemporaryDirectory directory) => RegistryApp.StartAsync(
        Engine.Postgres,
        ("ConnectionStrings:Postgres", first.ConnectionString!), ("Keys:MasterKeyFile", Path.Combine(first.DataDirectory, "master.key")), ("DataDirectory", directory.Path));

    private static string IdIn(string dataDirectory) => File.ReadAllText(Path.Combine(dataDirectory, "objects", "id")).Trim();

    private static Task CopyAsync(string from, string to) => Durability.SmallVolume.RunAsync("cp", "-a", from, to);
}
