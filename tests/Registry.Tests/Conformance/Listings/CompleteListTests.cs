using Registry.Storage.Oci;
using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Listings;

/// <summary>D19: the pages of a list, one after another, are the whole of it in the order of its bytes.</summary>
public sealed class CompleteListTests
{
    [Theory, Engines]
    public async Task D19_Pages_of_repositories_that_are_prefixes_of_each_other_are_the_whole_catalog(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var names = RandomNames(250).Concat(["a", "a/a", "a-a", "a.a", "a_a", "a__a", "a--a", "a0", "aa", "a/a/a", "a/a-a", "a-a/a", "a-/x", "z", "0"])
            .Where(name => RepositoryName.TryParse(name, out _)).Distinct().ToList();
        foreach (var name in names)
        {
            await new RepositoryWire(app.Client, name).PushAsync(Documents.Index(), "v1");
        }

        foreach (var n in new[] { 1, 7, 100, 1000 })
        {
            var pages = await Paging.FollowAsync(app.Client, $"/v2/_catalog?n={n}", "repositories");
            Assert.Equal(names.Order(StringComparer.Ordinal), pages.SelectMany(page => page));
            Assert.All(pages.SkipLast(1), page => Assert.Equal(n, page.Count));
        }
    }

    [Theory, Engines]
    public async Task D19_Pages_of_random_tags_are_the_whole_list(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var repository = new RepositoryWire(app.Client, "library/app");
        var tags = RandomTags(2000).Distinct().ToList();
        await TagAsync(repository, tags);

        foreach (var n in new[] { 7, 100, 999, 1000 })
        {
            var pages = await Paging.FollowAsync(app.Client, repository.At($"tags/list?n={n}"), "tags");
            Assert.Equal(tags.Order(StringComparer.Ordinal), pages.SelectMany(page => page));
        }
    }

    [Theory, Engines]
    public async Task D19_A_list_read_while_others_push_and_delete_never_misses_or_repeats_what_stays(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var repository = new RepositoryWire(app.Client, "library/app");
        var stay = RandomTags(300).Distinct().ToList();
        await TagAsync(repository, stay);
        using var done = new CancellationTokenSource();

        var changing = Task.Run(async () =>
        {
            for (var i = 0; !done.IsCancellationRequested; i++)
            {
                var tag = $"{(char)('a' + (i * 7 % 26))}.passing.{i}";
                await TagAsync(repository, [tag]);
                (await repository.DeleteAsync($"manifests/{tag}")).Is(202);
            }
        });
        for (var round = 0; round < 5; round++)
        {
            var listed = (await Paging.FollowAsync(app.Client, repository.At("tags/list?n=10"), "tags")).SelectMany(page => page).ToList();
            Assert.Equal(stay.Order(StringComparer.Ordinal), listed.Where(tag => !tag.Contains(".passing.", StringComparison.Ordinal)));
            Assert.Equal(listed.Distinct().Order(StringComparer.Ordinal), listed);
        }

        await done.CancelAsync();
        await changing;
    }

    private static async Task TagAsync(RepositoryWire repository, IEnumerable<string> tags)
    {
        var content = Documents.Index().Bytes();
        foreach (var batch in tags.Chunk(50))
        {
            var query = string.Join('&', batch.Select(tag => $"tag={tag}"));
            (await repository.PutManifestAsync($"{RepositoryWire.DigestOf(content)}?{query}", content, Oci.IndexType)).Is(201);
        }
    }

    // Few letters, many separators: most names are prefixes of others or differ from them in a separator alone.
    private static IEnumerable<string> RandomNames(int count)
    {
        var random = new Random(19);
        while (count > 0)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => "aab0-._/"[random.Next(8)])]);
            if (RepositoryName.TryParse(text, out _))
            {
                count--;
                yield return text;
            }
        }
    }

    private static IEnumerable<string> RandomTags(int count)
    {
        var random = new Random(91);
        while (count > 0)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => "aAbBzZ019-._"[random.Next(12)])]);
            if (Tag.TryParse(text, out _))
            {
                count--;
                yield return text;
            }
        }
    }
}
