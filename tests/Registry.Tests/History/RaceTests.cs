using Registry.Tests.Wire;

namespace Registry.Tests.History;

/// <summary>Races that a statement loses which reads a row before it has waited for the lock on another.</summary>
public sealed class RaceTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const int Rounds = 40;

    [Theory, Engines]
    public async Task Of_eight_deletions_of_a_blob_at_once_one_is_202_and_the_others_are_404(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(100);
        for (var round = 0; round < Rounds; round++)
        {
            var digest = await repository.PushBlobAsync(content);

            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => repository.DeleteAsync($"blobs/{digest}")));

            Assert.Equal([202, .. Enumerable.Repeat(404, 7)], answers.Select(answer => answer.Status).Order());
        }
    }

    [Theory, Engines]
    public async Task A_tag_that_moves_all_the_time_exists_all_the_time(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        await PutAsync(0);

        for (var round = 0; round < Rounds; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(writer =>
                writer % 2 == 0 ? PutAsync((round * 8) + writer) : PutAsync((round * 8) + writer, ("If-Match", "*"))));

            Assert.All(answers, answer => answer.Is(201));
        }

        Task<Answer> PutAsync(int version, params (string, string)[] headers) => repository.PutManifestAsync(
            "v1", Documents.Index().With("annotations", new System.Text.Json.Nodes.JsonObject { ["version"] = $"{version}" }).Bytes(), Oci.IndexType, headers);
    }
}
