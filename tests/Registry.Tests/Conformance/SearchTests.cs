using Registry.Tests.Wire;

namespace Registry.Tests.Conformance;

/// <summary>What <c>docker search</c> and <c>podman search</c> ask: GET /v1/search.</summary>
public sealed class SearchTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines]
    public async Task Search_finds_repositories_by_a_part_of_their_name(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushImageAsync("v1");
        var term = repository.Name[^12..];

        var answer = (await repository.Http.SendAsync("GET", $"/v1/search?q={term}&n=25")).Is(200);

        Assert.Equal("application/json", answer["Content-Type"]?.Split(';')[0]);
        var found = answer.Json();
        Assert.Equal(term, (string?)found["query"]);
        Assert.Equal(1, (int)found["num_results"]!);
        var result = Assert.Single(found["results"]!.AsArray())!;
        Assert.Equal(repository.Name, (string?)result["name"]);
        Assert.Equal("", (string?)result["description"]);
        Assert.Equal(0, (int)result["star_count"]!);
        Assert.False((bool)result["is_official"]!);
        Assert.False((bool)result["is_automated"]!);
        Assert.False((bool)result["is_trusted"]!);
    }

    [Theory, Engines]
    public async Task Search_for_nothing_known_is_an_empty_result(Engine engine)
    {
        var http = await registry.HttpAsync(engine);

        var found = (await http.SendAsync("GET", "/v1/search?q=no-repository-is-called-so&n=25")).Is(200).Json();

        Assert.Equal(0, (int)found["num_results"]!);
        Assert.Empty(found["results"]!.AsArray());
    }

    [Theory, Engines]
    public async Task Search_returns_at_most_n_results(Engine engine)
    {
        var first = await registry.RepositoryAsync(engine);
        await first.PushImageAsync("v1");
        await first.Sibling("/second").PushImageAsync("v1");
        await first.Sibling("/third").PushImageAsync("v1");

        var found = (await first.Http.SendAsync("GET", $"/v1/search?q={first.Name}&n=2")).Is(200).Json();

        Assert.Equal(2, found["results"]!.AsArray().Count);
    }

    [Theory, Engines]
    public async Task Wildcards_of_the_database_are_plain_letters_in_a_search(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushImageAsync("v1");

        foreach (var term in new[] { "%25", "%5C", repository.Name[..^1] + "_", repository.Name[..^2] + "%25" })
        {
            Assert.Empty((await repository.Http.SendAsync("GET", $"/v1/search?q={term}&n=100")).Is(200).Json()["results"]!.AsArray());
        }
    }

    [Theory, Engines]
    public async Task A_search_without_n_or_with_a_strange_one_never_fails_inside(Engine engine)
    {
        var http = await registry.HttpAsync(engine);

        foreach (var query in new[] { "q=app", "q=", "", "q=app&n=0", "q=app&n=-1", "q=app&n=99999999999999999999", "q=app&n=x", "q=%00" })
        {
            Assert.InRange((await http.SendAsync("GET", $"/v1/search?{query}")).Status, 200, 499);
        }
    }
}
