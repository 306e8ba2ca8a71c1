using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>S23: an upload belongs to its repository.</summary>
[OnS3]
public sealed class SessionTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines(true), Engines(false)]
    public async Task S23_A_session_used_under_another_name_is_404_and_unchanged(Engine engine, bool otherExists)
    {
        var repository = await registry.RepositoryAsync(engine);
        var other = repository.Sibling("/other");
        if (otherExists)
        {
            await other.PushImageAsync("v1");
        }

        var content = Oci.RandomBytes(1000);
        var digest = RepositoryWire.DigestOf(content);
        var location = (await repository.ChunkAsync(await repository.StartAsync(), content.AsMemory(0, 500), 0)).Is(202).Location;
        var stolen = location.Replace(repository.Name, other.Name, StringComparison.Ordinal);

        (await other.StatusAsync(stolen)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await other.StreamAsync(stolen, Oci.RandomBytes(10))).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await other.ChunkAsync(stolen, Oci.RandomBytes(10), 500)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await other.CloseAsync(stolen, digest, content.AsMemory(500))).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await other.Http.SendAsync("DELETE", stolen)).IsError(404, "BLOB_UPLOAD_UNKNOWN");

        (await repository.StatusAsync(location)).Is(204).Has("Range", "0-499");
        (await repository.CloseAsync(location, digest, content.AsMemory(500))).Is(201);
        (await other.HeadAsync($"blobs/{digest}")).Is(404);
    }

    [Theory, Engines]
    public async Task S23_Session_ids_cannot_be_guessed(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var ids = new List<string>();
        for (var i = 0; i < 32; i++)
        {
            ids.Add((await repository.PostAsync()).Is(202)["Docker-Upload-UUID"]!.Replace("-", "", StringComparison.Ordinal));
        }

        // No hex digit but those of version and variant stands still over 32 random ids (15 in 16^31 that one would).
        var still = Enumerable.Range(0, 32).Count(at => ids.Select(id => id[at]).Distinct().Count() == 1);
        Assert.InRange(still, 0, 1);
    }
}
