using Registry.Tests.Wire;

namespace Registry.Tests.Conformance;

/// <summary>distribution-spec, "Error codes": whatever goes wrong under /v2/ is told in the protocol's envelope.</summary>
public sealed class ErrorTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    [Engines("/v2/library")]
    [Engines("/v2/library/app")]
    [Engines("/v2/library/app/manifests")]
    [Engines("/v2/library/app/tags")]
    [Engines("/v2/library/app/tags/list/")]
    [Engines("/v2/library/app/tags/other")]
    [Engines("/v2/library/app/blobs/uploads/a/b")]
    [Engines("/v2/_oci/ext/discover")]
    [Engines("/v2/library/app/_oci/ext/discover")]
    [Engines("/v2/library/app/_trust/tuf/root.json")]
    [Engines("/v2/manifests/latest")]
    [Engines("/v2/tags/list")]
    [Engines("/v2/blobs/uploads/")]
    [Engines("/v2/_unknown")]
    public async Task An_unknown_path_is_404_in_the_envelope(Engine engine, string path)
    {
        var http = await registry.HttpAsync(engine);

        foreach (var method in new[] { "GET", "PUT", "DELETE" })
        {
            var answer = await http.SendAsync(method, path);
            Assert.NotEmpty(answer.Is(404).Errors());
            answer.Has("Docker-Distribution-API-Version", "registry/2.0");
        }
    }

    [Theory]
    [Engines("/v2/", "GET", "POST PUT PATCH DELETE")]
    [Engines("/v2/_catalog", "GET", "POST PUT PATCH DELETE")]
    [Engines("/v2/library/app/tags/list", "GET", "POST PUT PATCH DELETE")]
    [Engines("/v2/library/app/referrers/" + Digest, "GET", "POST PUT PATCH DELETE")]
    [Engines("/v2/library/app/manifests/latest", "GET PUT DELETE", "POST PATCH BREW")]
    [Engines("/v2/library/app/blobs/" + Digest, "GET DELETE", "POST PUT PATCH BREW")]
    [Engines("/v2/library/app/blobs/uploads/", "POST", "GET PUT PATCH DELETE")]
    [Engines("/v2/library/app/blobs/uploads/00000000-0000-0000-0000-000000000000", "GET PATCH PUT DELETE", "POST BREW")]
    public async Task An_unknown_method_is_405_with_the_known_ones(Engine engine, string path, string allowed, string unknown)
    {
        var http = await registry.HttpAsync(engine);

        foreach (var method in unknown.Split(' '))
        {
            var answer = (await http.SendAsync(method, path)).IsError(405, "UNSUPPORTED");
            var allow = answer["Allow"]?.Split(',', StringSplitOptions.TrimEntries) ?? [];
            Assert.All(allowed.Split(' '), known => Assert.Contains(known, allow));
            Assert.DoesNotContain(method, allow);
        }
    }

    [Theory, Engines("manifests/"), Engines("blobs/"), Engines("referrers/")]
    public async Task A_path_that_ends_before_its_reference_is_400_or_404(Engine engine, string path)
    {
        var repository = await registry.RepositoryAsync(engine);

        foreach (var method in new[] { "GET", "PUT", "DELETE" })
        {
            var answer = await repository.Http.SendAsync(method, repository.At(path));
            Assert.True(answer.Status is 400 or 404 or 405, $"{answer}");
            Assert.NotEmpty(answer.Errors());
        }
    }

    [Theory, Engines]
    public async Task OPTIONS_never_fails_inside(Engine engine)
    {
        var http = await registry.HttpAsync(engine);

        foreach (var path in new[] { "/v2/", "/v2/library/app/tags/list", "/v2/library/app/blobs/uploads/" })
        {
            Assert.InRange((await http.SendAsync("OPTIONS", path, ("Origin", "https://example.com"))).Status, 200, 405);
        }
    }

    [Theory, Engines]
    public async Task Path_words_are_case_sensitive(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushImageAsync("v1");

        foreach (var path in new[]
        {
            $"/V2/{repository.Name}/tags/list", "/V2/app/tags/list", "/V2/app/manifests/v1", "/V2/", "/V2/_catalog", "/v2/_Catalog",
            $"/v2/{repository.Name}/Tags/list", $"/v2/{repository.Name}/MANIFESTS/v1", "/V1/search",
        })
        {
            var answer = await repository.Http.SendAsync("GET", path);
            Assert.True(answer.Status is 400 or 404, $"{answer}");
        }
    }

    [Theory, Engines]
    public async Task The_answer_to_HEAD_has_no_body_even_when_it_is_an_error(Engine engine)
    {
        var app = await registry.AppAsync(engine);

        // On one connection: a body after the first answer would be read as the second.
        await using var connection = await RawHttp.ConnectAsync(app.Address);
        foreach (var path in new[] { "/v2/library/none/tags/list", $"/v2/library/none/blobs/{Digest}", "/v2/library/none/manifests/v1", "/v2/nowhere" })
        {
            await connection.SendHeadAsync($"HEAD {path} HTTP/1.1");
            Assert.Equal(404, (await connection.ReadResponseAsync(toHead: true)).Status);
        }
    }
}
