namespace Registry.Tests.Model.Design;

/// <summary>
/// The product's transactions run the statements of the design, in its order: what <see cref="Search"/> has looked through is
/// what runs. A test that fails here asks for the same change in <see cref="Pushers"/> or <see cref="Workers"/>.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class StatementOrderTests
{
    [Fact]
    public async Task Of_a_manifest_s_push()
    {
        await using var sessions = await Interleavings.Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Interleavings.Lone());
        await repository.PushBlobAsync(image.Content);

        sessions.TakeStatements();
        (await image.PutAsync(repository)).Is(201);

        InOrder(sessions, "from blob where digest = any", "from blob b join repository_blob l", "insert into manifest (", "insert into manifest_edge", "COMMIT\0");
    }

    [Fact]
    public async Task Of_a_close_and_of_a_mount()
    {
        await using var sessions = await Interleavings.Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Interleavings.Lone());
        var location = await repository.StartAsync();

        sessions.TakeStatements();
        (await repository.CloseAsync(location, image.Blob, image.Content)).Is(201);
        InOrder(sessions, "update upload set result_digest", "update object set state = 1", "insert into blob (", "insert into repository_blob", "insert into blob_queue", "COMMIT\0");

        (await sessions.Repository("other").PostAsync($"?mount={image.Blob}&from={repository.Name}")).Is(201);
        InOrder(sessions, "select id from blob where digest", "from repository_blob where blob_id", "insert into repository_blob", "insert into blob_queue", "COMMIT\0");
    }

    [Fact]
    public async Task Of_a_lease_and_of_a_blob_s_delete()
    {
        await using var sessions = await Interleavings.Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Interleavings.Lone());
        await repository.PushBlobAsync(image.Content);
        await sessions.PassTimeAsync();

        sessions.TakeStatements();
        (await repository.HeadAsync($"blobs/{image.Blob}")).Is(200);
        InOrder(sessions, "select id from blob where id", "update repository_blob set lease_until", "COMMIT\0");

        (await repository.DeleteAsync($"blobs/{image.Blob}")).Is(202);
        InOrder(sessions, "for update of b", "from manifest_edge e join manifest m", "delete from repository_blob", "insert into blob_queue", "COMMIT\0");
    }

    [Fact]
    public async Task Of_collection()
    {
        await using var sessions = await Interleavings.Sessions.StartAsync();
        var (repository, image) = (sessions.Repository(), new Interleavings.Lone());
        await image.PushAsync(repository);
        (await image.DeleteAsync(repository)).Is(202);
        await sessions.PassTimeAsync();

        sessions.TakeStatements();
        await sessions.CollectAsync();

        InOrder(
            sessions,
            "from manifest_queue where due_at", "from manifest where id = $1 for update", "select version from manifest_queue", "delete from manifest_edge",
            "delete from manifest where id", "insert into blob_queue", "COMMIT\0",
            "from blob_queue where due_at", "from blob where id = $1 for update", "select version from blob_queue", "delete from repository_blob",
            "select 1 from manifest_edge", "select 1 from repository_blob", "delete from blob where id", "update object set state = 2", "COMMIT\0",
            "select id as Id, size as Size from object", "delete from object where", "COMMIT\0");
    }

    private static void InOrder(Interleavings.Sessions sessions, params string[] parts)
    {
        var statements = sessions.TakeStatements();
        var next = 0;
        foreach (var part in parts)
        {
            var found = statements.Index().Skip(next).FirstOrDefault(statement => statement.Item.Contains(part, StringComparison.Ordinal));
            Assert.True(found.Item is not null, $"no \"{part.TrimEnd('\0')}\" after the {next}th of\n{string.Join("\n---\n", statements)}");
            next = found.Index + 1;
        }
    }
}
