using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Listings;

/// <summary>distribution-spec end-8: the tags of a repository, in pages.</summary>
public sealed class TagListTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines]
    public async Task Tags_come_in_the_order_of_their_bytes(Engine engine)
    {
        var repository = await TaggedAsync(engine, "b", "a", "B", "_", "1", "a-b", "a.b", "a_b", "ab", "a1", "Z", "latest");

        var answer = (await repository.GetAsync("tags/list")).Is(200).Has("Link", null);

        Assert.Equal("application/json", answer["Content-Type"]?.Split(';')[0]);
        Assert.Equal(repository.Name, (string?)answer.Json()["name"]);
        Assert.Equal(["1", "B", "Z", "_", "a", "a-b", "a.b", "a1", "a_b", "ab", "b", "latest"], answer.Strings("tags"));
    }

    [Theory, Engines]
    public async Task HEAD_has_the_headers_of_GET(Engine engine)
    {
        var repository = await TaggedAsync(engine, "a", "b");
        var length = (await repository.GetAsync("tags/list")).Body.Length;

        Assert.Empty((await repository.HeadAsync("tags/list")).Is(200).Has("Content-Length", $"{length}").Body);
    }

    [Theory, Engines]
    public async Task Pages_follow_their_links_to_the_end(Engine engine)
    {
        var repository = await TaggedAsync(engine, "a", "b", "c", "d", "e");

        var pages = await Paging.FollowAsync(repository.Http, repository.At("tags/list?n=2"), "tags");

        Assert.Equal([["a", "b"], ["c", "d"], ["e"]], pages);
    }

    [Theory, Engines]
    public async Task A_full_last_page_has_no_link(Engine engine)
    {
        var repository = await TaggedAsync(engine, "a", "b", "c", "d");

        Assert.Equal([["a", "b"], ["c", "d"]], await Paging.FollowAsync(repository.Http, repository.At("tags/list?n=2"), "tags"));
        (await repository.GetAsync("tags/list?n=4")).Is(200).Has("Link", null);
    }

    [Theory, Engines]
    public async Task The_link_is_relative_and_keeps_the_page_size(Engine engine)
    {
        var repository = await TaggedAsync(engine, "a", "b", "c");

        var link = (await repository.GetAsync("tags/list?n=2")).Is(200)["Link"];

        Assert.Matches($@"\A<{repository.At("tags/list")}\?(n=2&last=b|last=b&n=2)>; rel=""next""\z", link);
    }

    [Theory, Engines("ab", "b c"), Engines("b", "c"), Engines("zz", ""), Engines("0", "a b c"), Engines("", "a b c")]
    public async Task Last_is_a_bound_that_need_not_be_a_tag(Engine engine, string last, string expected)
    {
        var repository = await TaggedAsync(engine, "a", "b", "c");

        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), (await repository.GetAsync($"tags/list?last={last}")).Is(200).Strings("tags"));
    }

    [Theory, Engines]
    public async Task No_tags_asked_for_are_no_tags_and_no_link(Engine engine)
    {
        var repository = await TaggedAsync(engine, "a", "b");

        Assert.Empty((await repository.GetAsync("tags/list?n=0")).Is(200).Has("Link", null).Strings("tags"));
    }

    [Theory, Engines("1001"), Engines("2147483648"), Engines("9223372036854775808"), Engines("99999999999999999999999999999999")]
    public async Task A_page_larger_than_the_maximum_is_the_maximum(Engine engine, string n)
    {
        var repository = await TaggedAsync(engine, "a", "b");

        Assert.Equal(["a", "b"], (await repository.GetAsync($"tags/list?n={n}")).Is(200).Has("Link", null).Strings("tags"));
    }

    [Theory, Engines]
    public async Task A_page_holds_a_thousand_unless_asked_otherwise(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = Documents.Index().Bytes();
        var tags = Enumerable.Range(0, 1001).Select(i => $"t{i:0000}").ToArray();
        foreach (var batch in tags.Chunk(20))
        {
            (await repository.PutManifestAsync(
                $"{RepositoryWire.DigestOf(content)}?{string.Join('&', batch.Select(tag => $"tag={tag}"))}", content, Oci.IndexType)).Is(201);
        }

        foreach (var path in new[] { "tags/list", "tags/list?n=1000", "tags/list?n=5000" })
        {
            var pages = await Paging.FollowAsync(repository.Http, repository.At(path), "tags");
            Assert.Equal([1000, 1], pages.Select(page => page.Count));
            Assert.Equal(tags, pages.SelectMany(page => page));
        }
    }

    [Theory, Engines]
    public async Task A_repository_that_was_never_pushed_to_is_404_NAME_UNKNOWN(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);

        (await repository.GetAsync("tags/list")).IsError(404, "NAME_UNKNOWN");
    }

    [Theory, Engines]
    public async Task A_repository_without_tags_has_an_empty_array(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushImageAsync();

        Assert.Empty((await repository.GetAsync("tags/list")).Is(200).Strings("tags"));

        await repository.PushImageAsync("v1");
        (await repository.DeleteAsync("manifests/v1")).Is(202);
        Assert.Empty((await repository.GetAsync("tags/list")).Is(200).Strings("tags"));
    }

    [Theory, Engines]
    public async Task A_namespace_parameter_travels_along_the_pages(Engine engine)
    {
        var repository = await TaggedAsync(engine, "a", "b", "c");

        Assert.Equal([["a", "b"], ["c"]], await Paging.FollowAsync(repository.Http, repository.At("tags/list?ns=docker.io&n=2"), "tags"));
    }

    private async Task<RepositoryWire> TaggedAsync(Engine engine, params string[] tags)
    {
        var repository = await registry.RepositoryAsync(engine);
        foreach (var tag in tags)
        {
            (await repository.PutManifestAsync(tag, Documents.Index().Bytes(), Oci.IndexType)).Is(201);
        }

        return repository;
    }
}
