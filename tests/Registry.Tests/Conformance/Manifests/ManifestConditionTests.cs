using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Manifests;

/// <summary>RFC 9110 chapter 13: 304 for what the client has, and tags that move only when they are where the client saw them.</summary>
public sealed class ManifestConditionTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory]
    [Engines("\"{0}\"")]
    [Engines("{0}")]
    [Engines("W/\"{0}\"")]
    [Engines("*")]
    [Engines("\"sha256:other\",\"{0}\"")]
    public async Task A_manifest_the_client_has_is_304(Engine engine, string condition)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        var header = ("If-None-Match", condition.Replace("{0}", image.Digest, StringComparison.Ordinal));

        foreach (var reference in new[] { "v1", image.Digest })
        {
            Assert.Empty((await repository.GetAsync($"manifests/{reference}", header)).Is(304).Has("ETag", $"\"{image.Digest}\"").Body);
            (await repository.HeadAsync($"manifests/{reference}", header)).Is(304);
        }
    }

    [Theory, Engines]
    public async Task A_tag_that_has_moved_is_sent_again(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var old = await repository.PushImageAsync("v1");
        var next = await repository.PushImageAsync("v1");

        var answer = await repository.GetAsync("manifests/v1", ("If-None-Match", $"\"{old.Digest}\""));

        Assert.Equal(next.Content, answer.Is(200).Body);
    }

    [Theory, Engines]
    public async Task If_Match_moves_a_tag_only_from_the_manifest_it_names(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var first = await repository.PushImageAsync("v1");
        var second = await repository.PushImageAsync();
        var third = await repository.PushImageAsync();

        (await PutAsync(repository, second, "If-Match", $"\"{first.Digest}\"")).Is(201);
        (await PutAsync(repository, third, "If-Match", $"\"{first.Digest}\"")).IsError(412, "DENIED", "MANIFEST_INVALID", "UNSUPPORTED");

        (await repository.HeadAsync("manifests/v1")).Is(200).Has("Docker-Content-Digest", second.Digest);
    }

    [Theory, Engines]
    public async Task If_Match_never_creates_a_tag(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync();

        (await PutAsync(repository, image, "If-Match", $"\"{image.Digest}\"")).Is(412);
        (await PutAsync(repository, image, "If-Match", "*")).Is(412);

        (await repository.HeadAsync("manifests/v1")).Is(404);
    }

    [Theory, Engines]
    public async Task If_Match_star_moves_a_tag_that_exists(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushImageAsync("v1");
        var image = await repository.PushImageAsync();

        (await PutAsync(repository, image, "If-Match", "*")).Is(201);

        (await repository.HeadAsync("manifests/v1")).Is(200).Has("Docker-Content-Digest", image.Digest);
    }

    [Theory, Engines]
    public async Task If_None_Match_star_creates_a_tag_and_never_moves_one(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var first = await repository.PushImageAsync();
        var second = await repository.PushImageAsync();

        (await PutAsync(repository, first, "If-None-Match", "*")).Is(201);
        (await PutAsync(repository, second, "If-None-Match", "*")).Is(412);

        (await repository.HeadAsync("manifests/v1")).Is(200).Has("Docker-Content-Digest", first.Digest);
    }

    [Theory, Engines]
    public async Task A_deleted_tag_can_be_created_again_under_a_condition(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        (await repository.DeleteAsync("manifests/v1")).Is(202);

        (await PutAsync(repository, image, "If-Match", $"\"{image.Digest}\"")).Is(412);
        (await PutAsync(repository, image, "If-None-Match", "*")).Is(201);
    }

    [Theory, Engines]
    public async Task Of_many_that_move_a_tag_from_one_manifest_exactly_one_succeeds(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var first = await repository.PushImageAsync("v1");
        var images = new List<Pushed>();
        for (var i = 0; i < 8; i++)
        {
            images.Add(await repository.PushImageAsync());
        }

        var answers = await Task.WhenAll(images.Select(image => PutAsync(repository, image, "If-Match", $"\"{first.Digest}\"")));

        Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { 201, 412 }));
        var winner = Assert.Single(images.Zip(answers), pair => pair.Second.Status == 201).First;
        (await repository.HeadAsync("manifests/v1")).Is(200).Has("Docker-Content-Digest", winner.Digest);
    }

    private static Task<Answer> PutAsync(RepositoryWire repository, Pushed manifest, string header, string value) =>
        repository.PutManifestAsync("v1", manifest.Content, manifest.MediaType, (header, value));
}
