using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>Page sizes and page starts that no client means well with.</summary>
public sealed class PaginationTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory]
    [Engines("-1")]
    [Engines("-0")]
    [Engines("-99999999999999999999")]
    [Engines("1e3")]
    [Engines("1.0")]
    [Engines("0x10")]
    [Engines("+5")]
    [Engines("%2B5")]
    [Engines("%205")]
    [Engines("5%20")]
    [Engines("5%0A")]
    [Engines("5%00")]
    [Engines("1,000")]
    [Engines("1_000")]
    [Engines("ten")]
    [Engines("NaN")]
    [Engines("%D9%A5")]
    [Engines("%EF%BC%95")]
    public async Task S1_A_page_size_that_is_no_number_from_zero_is_400(Engine engine, string n)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");

        foreach (var path in Lists(repository, image))
        {
            (await repository.Http.SendAsync("GET", $"{path}?n={n}")).IsError(400, "PAGINATION_NUMBER_INVALID");
        }
    }

    [Theory]
    [Engines("1001")]
    [Engines("2147483647")]
    [Engines("2147483648")]
    [Engines("4294967296")]
    [Engines("9223372036854775807")]
    [Engines("9223372036854775808")]
    [Engines("18446744073709551616")]
    [Engines("1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000")]
    [Engines("000000000000000000000000000000000000005")]
    public async Task S1_A_large_page_size_is_the_largest_page(Engine engine, string n)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");

        foreach (var path in Lists(repository, image))
        {
            (await repository.Http.SendAsync("GET", $"{path}?n={n}")).Is(200);
        }

        Assert.Equal(["v1"], (await repository.GetAsync($"tags/list?n={n}")).Strings("tags"));
    }

    [Theory, Engines]
    public async Task S1_A_page_of_nothing_is_empty_and_the_last(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushImageAsync("v1");

        Assert.Empty((await repository.GetAsync("tags/list?n=0")).Is(200).Has("Link", null).Strings("tags"));
        Assert.Empty((await repository.Http.SendAsync("GET", "/v2/_catalog?n=0")).Is(200).Has("Link", null).Strings("repositories"));
    }

    [Theory]
    [Engines("%00")]
    [Engines("a%00")]
    [Engines("%0A")]
    [Engines("%FF%FE")]
    [Engines("%E2%82")]
    [Engines("%ED%A0%80")]
    [Engines("'%3B drop table tag%3B --")]
    [Engines("%25")]
    [Engines("../../x")]
    [Engines("%F0%9F%92%A9")]
    [Engines("sha256:x")]
    public async Task A_strange_start_is_a_bound_or_400_and_never_a_failure_inside(Engine engine, string last)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");

        foreach (var path in Lists(repository, image))
        {
            var answer = await repository.Http.SendAsync("GET", $"{path}?last={last}");
            Assert.True(answer.Status is 200 or 400, $"{answer}");
        }
    }

    [Theory, Engines]
    public async Task A_very_long_start_is_a_bound_or_refused(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushImageAsync("v1");

        Assert.Contains((await repository.GetAsync($"tags/list?last={new string('z', 6000)}")).Status, new[] { 200, 400, 414 });
        Assert.Contains((await repository.GetAsync($"tags/list?last={new string('z', 60_000)}")).Status, new[] { 400, 414, 431 });
    }

    [Theory, Engines]
    public async Task Parameters_given_twice_never_fail_inside(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");

        foreach (var path in Lists(repository, image))
        {
            var answer = await repository.Http.SendAsync("GET", $"{path}?n=1&n=2&last=a&last=b");
            Assert.True(answer.Status is 200 or 400, $"{answer}");
        }
    }

    private static string[] Lists(RepositoryWire repository, Pushed image) =>
        ["/v2/_catalog", repository.At("tags/list"), repository.At($"referrers/{image.Digest}")];
}
