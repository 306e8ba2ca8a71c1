using Registry.Tests.Wire;

namespace Registry.Tests.Conformance;

/// <summary>distribution-spec end-1 and the pages beside <c>/v2/</c> that older clients ask for.</summary>
public sealed class PingTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines]
    public async Task The_base_answers_an_empty_object(Engine engine)
    {
        var http = await registry.HttpAsync(engine);

        var answer = (await http.SendAsync("GET", "/v2/")).Is(200);

        Assert.Equal("{}", answer.Text);
        answer.Has("Content-Type", "application/json").Has("Content-Length", "2").Has("Docker-Distribution-API-Version", "registry/2.0");
    }

    [Theory, Engines]
    public async Task The_base_without_its_slash_is_answered_in_place(Engine engine)
    {
        var http = await registry.HttpAsync(engine);

        Assert.Equal("{}", (await http.SendAsync("GET", "/v2")).Is(200).Text);
    }

    [Theory, Engines]
    public async Task The_base_answers_HEAD_with_the_length_of_GET(Engine engine)
    {
        var http = await registry.HttpAsync(engine);

        foreach (var path in new[] { "/v2/", "/v2" })
        {
            var answer = (await http.SendAsync("HEAD", path)).Is(200).Has("Content-Length", "2");
            Assert.Empty(answer.Body);
        }
    }

    [Theory, Engines]
    public async Task Every_answer_under_v2_names_the_api_version(Engine engine)
    {
        var http = await registry.HttpAsync(engine);

        foreach (var path in new[] { "/v2/none/tags/list", "/v2/_catalog", "/v2/nowhere", "/v2/UPPER/tags/list", "/v2/a%2Fb/tags/list" })
        {
            (await http.SendAsync("GET", path)).Has("Docker-Distribution-API-Version", "registry/2.0");
        }
    }

    [Theory, Engines]
    public async Task The_signature_extension_is_not_announced(Engine engine)
    {
        var http = await registry.HttpAsync(engine);

        (await http.SendAsync("GET", "/v2/")).Has("X-Registry-Supports-Signatures", null);
    }

    [Theory, Engines]
    public async Task The_ping_of_docker_search_is_answered(Engine engine)
    {
        var http = await registry.HttpAsync(engine);

        var answer = (await http.SendAsync("GET", "/v1/_ping")).Is(200);

        Assert.NotEqual("text/html", answer["Content-Type"]?.Split(';')[0]);
    }

    [Theory, Engines]
    public async Task Other_pages_of_v1_are_missing_and_no_web_page(Engine engine)
    {
        var http = await registry.HttpAsync(engine);

        var answer = (await http.SendAsync("GET", "/v1/repositories/library/app/images")).Is(404);

        Assert.NotEqual("text/html", answer["Content-Type"]?.Split(';')[0]);
    }
}
