using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>References that are neither a tag nor a digest are 400 with the grammar of tags.</summary>
public sealed class TagTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private static readonly string[] Malformed =
        [".a", "-a", "a+b", "a@b", "a~b", "a!b", "a,b", "a;b", "a=b", "a&b", "a*b", "a$b", "a(b)", "a'b", new('a', 129), new('a', 5000)];

    [Theory, Engines]
    public async Task A_malformed_tag_is_400_on_every_method(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        foreach (var tag in Malformed)
        {
            (await repository.GetAsync($"manifests/{tag}")).IsError(400, "TAG_INVALID", "MANIFEST_INVALID");
            (await repository.HeadAsync($"manifests/{tag}")).Is(400);
            (await repository.DeleteAsync($"manifests/{tag}")).IsError(400, "TAG_INVALID", "MANIFEST_INVALID");
            (await repository.PutManifestAsync(tag, image.Content, image.MediaType)).IsError(400, "TAG_INVALID", "MANIFEST_INVALID");
        }

        Assert.Equal(["v1"], (await repository.GetAsync("tags/list")).Strings("tags"));
    }

    [Theory, Engines]
    public async Task A_refusal_says_what_a_tag_looks_like(Engine engine)
    {
        // Helm writes + as _ because of this rule; whoever does not know it should learn it here.
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");

        var answer = await repository.PutManifestAsync("1.0.0+build.5", image.Content, image.MediaType);

        Assert.Contains("[a-zA-Z0-9_]", (string?)answer.IsError(400, "TAG_INVALID", "MANIFEST_INVALID").Errors()[0]["message"], StringComparison.Ordinal);
    }
}
