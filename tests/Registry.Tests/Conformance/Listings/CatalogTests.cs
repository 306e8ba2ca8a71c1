using Registry.Tests.Wire;

namespace Registry.Tests.Conformance.Listings;

/// <summary>GET /v2/_catalog: the repositories, in pages. Each test has a registry of its own, for the list is of all of it.</summary>
public sealed class CatalogTests
{
    [Theory, Engines]
    public async Task An_empty_registry_lists_an_empty_array(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);

        var answer = (await app.Client.SendAsync("GET", "/v2/_catalog")).Is(200).Has("Link", null);

        Assert.Equal("application/json", answer["Content-Type"]?.Split(';')[0]);
        Assert.Empty(answer.Strings("repositories"));
    }

    [Theory, Engines]
    public async Task Repositories_come_in_the_order_of_their_bytes_in_pages(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        string[] names = ["a", "a-b", "a/b", "a.b", "a0", "a_b", "ab", "b/a/c", "b/a"];
        foreach (var name in names)
        {
            await new RepositoryWire(app.Client, name).PushAsync(Documents.Index(), "v1");
        }

        string[] sorted = ["a", "a-b", "a.b", "a/b", "a0", "a_b", "ab", "b/a", "b/a/c"];
        Assert.Equal(sorted, (await app.Client.SendAsync("GET", "/v2/_catalog")).Is(200).Strings("repositories"));
        foreach (var n in new[] { 1, 2, 4, 9, 10 })
        {
            var pages = await Paging.FollowAsync(app.Client, $"/v2/_catalog?n={n}", "repositories");
            Assert.Equal(sorted.Chunk(n), pages.Select(page => page.ToArray()));
        }

        foreach (var last in sorted.Append("a/").Append("a,").Append("0").Append("zz"))
        {
            var rest = (await app.Client.SendAsync("GET", $"/v2/_catalog?last={Uri.EscapeDataString(last)}")).Is(200).Strings("repositories");
            Assert.Equal(sorted.Where(name => string.CompareOrdinal(name, last) > 0), rest);
        }
    }

    [Theory, Engines]
    public async Task The_link_is_relative_and_escaped(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        foreach (var name in new[] { "a/b", "c" })
        {
            await new RepositoryWire(app.Client, name).PushAsync(Documents.Index(), "v1");
        }

        var link = (await app.Client.SendAsync("GET", "/v2/_catalog?n=1")).Is(200)["Link"];

        Assert.Matches("""\A</v2/_catalog\?(n=1&last=a(/|%2F)b|last=a(/|%2F)b&n=1)>; rel="next"\z""", link);
    }

    [Theory, Engines]
    public async Task A_repository_is_listed_once_it_holds_a_manifest(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var repository = new RepositoryWire(app.Client, "team/app");
        await repository.StartAsync();
        var document = await repository.ImageOfFreshBlobsAsync();
        Assert.Empty((await app.Client.SendAsync("GET", "/v2/_catalog")).Is(200).Strings("repositories"));

        await repository.PushAsync(document);

        Assert.Equal(["team/app"], (await app.Client.SendAsync("GET", "/v2/_catalog")).Is(200).Strings("repositories"));
    }

    [Theory, Engines]
    public async Task HEAD_has_the_headers_of_GET(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var length = (await app.Client.SendAsync("GET", "/v2/_catalog")).Body.Length;

        (await app.Client.SendAsync("HEAD", "/v2/_catalog")).Is(200).Has("Content-Length", $"{length}");
    }
}
