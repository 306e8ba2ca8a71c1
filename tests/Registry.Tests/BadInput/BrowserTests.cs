using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>What browsers must not be talked into by what was pushed, or by the pages of other sites.</summary>
public sealed class BrowserTests
{
    [Theory, Engines]
    public async Task S38_Whatever_was_pushed_is_no_page_when_it_is_opened(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var repository = new RepositoryWire(app.Client, "team/app");
        var html = "<html><script>alert(1)</script></html>"u8.ToArray();
        var digest = await repository.PushBlobAsync(html);
        await new RepositoryClient(app.Client, "team/app").PushIndexAsync("v1");

        foreach (var path in new[] { $"blobs/{digest}", "manifests/v1" })
        {
            foreach (var answer in new[] { await repository.GetAsync(path), await repository.HeadAsync(path), await repository.GetAsync(path, ("Range", "bytes=0-3")) })
            {
                answer.IsOneOf(200, 206).Has("X-Content-Type-Options", "nosniff").Has("Content-Security-Policy", "default-src 'none'; sandbox")
                    .Has("Content-Disposition", "attachment").Has("Cross-Origin-Resource-Policy", "same-origin");
                Assert.True(answer["Content-Type"] is "application/octet-stream" or Oci.IndexType, $"{answer}");
            }
        }

        foreach (var type in new[] { "text/html", "image/svg+xml", "application/pdf", "application/xhtml+xml" })
        {
            (await repository.PutManifestAsync("v2", Documents.Index().Bytes(), type)).IsError(400, "MANIFEST_INVALID");
        }

        (await repository.GetAsync("manifests/<script>alert(1)</script>")).Has("Content-Type", "application/json");
    }

    [Theory, Engines]
    public async Task S37_No_answer_is_for_the_pages_of_another_site_and_none_sets_a_cookie(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        (string, string)[] headers =
        [
            ("Origin", "https://evil.example"), ("Authorization", $"{accounts.Administrator.Basic}"),
            ("Access-Control-Request-Method", "DELETE"), ("Access-Control-Request-Headers", "authorization"),
        ];

        foreach (var path in new[] { "/v2/", "/v2/_catalog", "/v2/team/app/tags/list", "/token", "/api/v1/whoami", "/api/v1/users/admin", "/metrics" })
        {
            foreach (var method in new[] { "GET", "OPTIONS", "POST", "DELETE" })
            {
                var answer = await app.Client.SendAsync(method, path, headers);

                Assert.True(answer.Status < 500, $"{answer}");
                answer.Has("Access-Control-Allow-Origin", null).Has("Access-Control-Allow-Credentials", null).Has("Set-Cookie", null);
            }
        }

        (await app.Client.SendAsync("GET", "/api/v1/users/admin", headers[1])).Is(200);
    }
}
