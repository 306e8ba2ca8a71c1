using System.Text;
using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>Headers and parameters that make no sense never fail inside and never change what is stored.</summary>
public sealed class HeaderTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private static readonly string[] Garbage =
    [
        "", ",", ",,,;;;", ";q=", "a/b;q=x, */*;q=-1", "\"", "\"\"", "W/", "*, *", "\"unfinished", "a\tb", "/", "*/", "/*", "\u00e4\u00f6", "\u2028", "%00",
        "bytes=", "bytes=,", "bytes=-", "bytes=0-,", "0", "-", "--", new('a', 8000), string.Join(',', Enumerable.Repeat("\"x\"", 2000)),
    ];

    [Theory]
    [Engines("Accept")]
    [Engines("If-None-Match")]
    [Engines("If-Match")]
    [Engines("If-Range")]
    [Engines("If-Modified-Since")]
    [Engines("Range")]
    [Engines("Accept-Encoding")]
    [Engines("Content-Type")]
    [Engines("User-Agent")]
    [Engines("X-Request-Id")]
    [Engines("Docker-Distribution-API-Version")]
    public async Task Garbage_in_a_header_of_a_read_is_ignored_or_refused(Engine engine, string header)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.ImageOfFreshBlobsAsync();
        await repository.PushAsync(document, "v1");

        foreach (var path in new[] { "manifests/v1", $"blobs/{document["config"]!["digest"]}", "tags/list", $"referrers/{RepositoryWire.DigestOf("x"u8)}" })
        {
            foreach (var value in Garbage)
            {
                var answer = await SendAsync(app, "GET", repository.At(path), $"{header}: {value}", []);
                Assert.True(answer.Status is >= 200 and < 500, $"GET {path} with {header}: {value}\n{answer}");
            }
        }
    }

    [Theory]
    [Engines("If-Match")]
    [Engines("If-None-Match")]
    public async Task Garbage_in_a_condition_never_moves_a_tag_that_the_condition_should_hold(Engine engine, string header)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        var next = Documents.Index().Bytes();

        foreach (var value in Garbage.Where(value => value.Length is > 0 and < 100))
        {
            var answer = await SendAsync(app, "PUT", repository.At("manifests/v1"), $"{header}: {value}\r\nContent-Type: {Oci.IndexType}", next);
            Assert.True(answer.Status is >= 200 and < 500, $"{header}: {value}\n{answer}");
            if (header == "If-Match" && value.Contains('"', StringComparison.Ordinal))
            {
                Assert.True(answer.Status is 400 or 412, $"{header}: {value}\n{answer}");
                (await repository.HeadAsync("manifests/v1")).Is(200).Has("Docker-Content-Digest", image.Digest);
            }

            (await repository.PutManifestAsync("v1", image.Content, image.MediaType)).Is(201);
        }
    }

    [Theory, Engines]
    public async Task Garbage_in_the_type_of_a_manifest_is_400(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();

        // Parameters alone, or white space, are as good as no type.
        foreach (var value in Garbage.Where(value => value.Length > 0 && value[0] is not (';' or '\u2028')))
        {
            var answer = await SendAsync(app, "PUT", repository.At("manifests/v1"), $"Content-Type: {value}", content);
            Assert.True(answer.Status == 400, $"Content-Type: {value}\n{answer}");
        }

        (await repository.HeadAsync("manifests/v1")).Is(404);
    }

    [Theory, Engines]
    public async Task Very_many_filters_of_referrers_are_answered_or_refused(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        foreach (var count in new[] { 100, 1500 })
        {
            var filters = string.Join('&', Enumerable.Range(0, count).Select(i => $"artifactType=a/{i}"));

            var answer = await repository.GetAsync($"referrers/{image.Digest}?{filters}");

            Assert.True(answer.Status is 200 or 400 or 414, $"{answer}");
        }
    }

    [Theory, Engines]
    public async Task Unknown_parameters_are_ignored_everywhere(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        const string query = "?x=1&x=2&&=&=y&%00=%00&ns=docker.io&service=x&_=%F0%9F%92%A9";

        (await repository.GetAsync("manifests/v1" + query)).Is(200);
        (await repository.GetAsync("tags/list" + query)).Is(200);
        (await repository.GetAsync($"referrers/{image.Digest}{query}")).Is(200);
        (await repository.Http.SendAsync("GET", "/v2/_catalog" + query)).Is(200);
        (await repository.Http.SendAsync("GET", "/v2/" + query)).Is(200);
        (await repository.PostAsync(query)).Is(202);
    }

    private static async Task<RawResponse> SendAsync(RegistryApp app, string method, string path, string header, byte[] body)
    {
        await using var connection = await RawHttp.ConnectAsync(app.Address);
        byte[] request =
        [
            .. Encoding.UTF8.GetBytes($"{method} {path} HTTP/1.1\r\nHost: {app.Address.Authority}\r\nConnection: close\r\nContent-Length: {body.Length}\r\n{header}\r\n\r\n"),
            .. body,
        ];
        await connection.SendAsync(request);
        return await connection.ReadResponseAsync();
    }
}
