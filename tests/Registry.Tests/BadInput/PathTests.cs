using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>Paths that mean one thing to a proxy and another to a server. They are sent as they are, over a bare socket.</summary>
public sealed class PathTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// <summary>What must not occur in a path under /v2/: slashes, percent signs and backslashes in any spelling, empty and dot segments.</summary>
    private static readonly string[] Tricks =
    [
        "%2F", "%2f", "%25", "%252F", "%252f", "%5C", "%5c", "\\", "/", "/./", "/../", "/..", "/.", "/%2e/", "/%2E%2E/", "/.%2e/", "/%2e./",
        "/..%2f", "%2e%2e%2f", "..%5c", "%255c..", "%20", "%09", "%0A", "%0D%0A", "%00", "%7F", "%80", "%C0%AF", "%C0%AE%C0%AE",
        "%E2%80%AE", "%EF%BC%8F", "%3F", "%23", "%26", "%3D", "%40", "%2B", "%", "%2", "%zz", "%u002f", "/%2F/", "//",
    ];

    public static TheoryData<Engine, string> TrickyPaths => Cross(
        [
            "/v2/library{0}app/tags/list", "/v2/library/app{0}/tags/list", "/v2/{0}library/app/tags/list", "/v2/library/app/manifests/v1{0}",
            "/v2/library/app/manifests/{0}v1", "/v2/library/app/blobs/" + Digest + "{0}", "/v2/library/app/blobs/{0}" + Digest,
            "/v2/library/app/referrers/{0}" + Digest, "/v2/library/app/blobs/uploads/{0}x", "/v2/library/app{0}/manifests/latest",
        ]);

    [Theory, MemberData(nameof(TrickyPaths))]
    public async Task S62_A_path_with_a_trick_in_it_is_400(Engine engine, string pattern)
    {
        var app = await registry.AppAsync(engine);
        await new RepositoryWire(app.Client, "library/app").PushAsync(Documents.Index(), "v1");
        var wrong = new List<string>();
        foreach (var trick in Tricks)
        {
            var path = pattern.Replace("{0}", trick, StringComparison.Ordinal);
            if (trick == "/" && !path.Contains("//", StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var method in new[] { "GET", "DELETE", "PUT" })
            {
                var answer = await RawHttp.RequestAsync(app.Address, $"{method} {path} HTTP/1.1\nContent-Length: 0\nConnection: close");
                if (answer.Status != 400)
                {
                    wrong.Add($"{method} {path} -> {answer.Status} {answer.Text}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        (await app.Client.SendAsync("GET", "/v2/library/app/manifests/v1")).Is(200);
    }

    [Theory]
    [Engines("/v2/library/app/%2e%2e/other/tags/list")]
    [Engines("/v2/library%2Fapp/tags/list")]
    [Engines("/v2/library/../app/tags/list")]
    [Engines("/v2//library/app/tags/list")]
    [Engines("/v2/library/app/manifests/v1%2F..")]
    [Engines("/v2/library/app\\tags/list")]
    [Engines("/v2/library/%252e%252e/tags/list")]
    public async Task S62_The_refusal_comes_in_the_envelope(Engine engine, string path)
    {
        var app = await registry.AppAsync(engine);

        var answer = await RawHttp.RequestAsync(app.Address, $"GET {path} HTTP/1.1");

        Assert.Equal(400, answer.Status);
        Assert.Equal("application/json", answer.Header("Content-Type")?.Split(';')[0]);
        Assert.NotEmpty(JsonNode.Parse(answer.Body)!["errors"]!.AsArray());
    }

    [Theory]
    [Engines("/x/../v2/library/app/manifests/v1")]
    [Engines("/./v2/library/app/manifests/v1")]
    [Engines("/%76%32/library/app/manifests/v1")]
    [Engines("/%2e/v2/library/app/manifests/v1")]
    [Engines("//v2/library/app/manifests/v1")]
    [Engines("/v2/../v2/library/app/manifests/v1")]
    [Engines("/V2/library/app/manifests/v1")]
    [Engines("/v1/../v2/library/app/manifests/v1")]
    [Engines("/x/%2e%2e/v2/library/app/manifests/v1")]
    [Engines("/v2%2Flibrary/app/manifests/v1")]
    public async Task S62_The_prefix_has_one_spelling(Engine engine, string path)
    {
        var app = await registry.AppAsync(engine);
        await new RepositoryWire(app.Client, "library/app").PushAsync(Documents.Index(), "v1");

        Assert.InRange((await RawHttp.RequestAsync(app.Address, $"GET {path} HTTP/1.1")).Status, 400, 404);
    }

    [Theory]
    [Engines("/v2/library/app/manifests/%76%31")]
    [Engines("/v2/%6Cibrary/app/manifests/v1")]
    [Engines("/v2/librar%79/ap%70/manifests/v1?x=%2F..%2F")]
    public async Task Escapes_of_plain_letters_mean_those_letters(Engine engine, string path)
    {
        var app = await registry.AppAsync(engine);
        await new RepositoryWire(app.Client, "library/app").PushAsync(Documents.Index(), "v1");

        Assert.Equal(200, (await RawHttp.RequestAsync(app.Address, $"GET {path} HTTP/1.1")).Status);
    }

    [Theory, Engines]
    public async Task The_absolute_form_of_a_target_is_read_by_the_same_rules(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        await new RepositoryWire(app.Client, "library/app").PushAsync(Documents.Index(), "v1");
        var host = app.Address.Authority;

        Assert.Equal(200, (await RawHttp.RequestAsync(app.Address, $"GET http://{host}/v2/library/app/manifests/v1 HTTP/1.1")).Status);
        foreach (var path in new[] { "/v2/library%2Fapp/manifests/v1", "/v2/x/../library/app/manifests/v1", "/v2//library/app/manifests/v1" })
        {
            Assert.Equal(400, (await RawHttp.RequestAsync(app.Address, $"GET http://{host}{path} HTTP/1.1")).Status);
        }
    }

    [Theory, Engines]
    public async Task S62_Nothing_a_client_sends_is_the_name_of_a_file(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = new RepositoryWire(app.Client, "library/files");
        await repository.PushImageAsync("tag-as-a-file");
        await repository.PushBlobAsync(Oci.RandomBytes(10), "sha512");
        await repository.StartAsync("?mount=" + Digest + "&from=" + Uri.EscapeDataString("../../../etc/passwd"));

        var objects = Directory.EnumerateFiles(app.DataDirectory, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(app.DataDirectory, file)).ToList();

        Assert.DoesNotContain(objects, file => file.Contains("library", StringComparison.Ordinal) || file.Contains("tag-as-a-file", StringComparison.Ordinal) || file.Contains("sha", StringComparison.Ordinal));
        Assert.Contains(objects, file => System.Text.RegularExpressions.Regex.IsMatch(file, @"[0-9a-f]{32}\z"));
    }

    [Theory]
    [Engines("from", "../../../../etc/passwd")]
    [Engines("from", "%2e%2e%2f%2e%2e%2fetc%2fpasswd")]
    [Engines("mount", "sha256:../../../../etc/passwd")]
    [Engines("digest", "sha256:%2e%2e%2f%2e%2e%2f")]
    [Engines("digest-algorithm", "../sha256")]
    [Engines("last", "../../../../etc/passwd")]
    [Engines("artifactType", "../../../../etc/passwd%00")]
    [Engines("tag", "../../../../etc/passwd")]
    [Engines("ns", "../../../../etc/passwd")]
    public async Task S62_A_traversal_in_a_parameter_never_fails_inside_nor_finds_anything(Engine engine, string parameter, string value)
    {
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        var query = $"?{parameter}={value}";

        foreach (var (method, path) in new[]
        {
            ("GET", "tags/list"), ("GET", "manifests/v1"), ("GET", $"blobs/{Digest}"), ("POST", "blobs/uploads/"), ("GET", $"referrers/{Digest}"),
            ("GET", "../_catalog"),
        })
        {
            var answer = await repository.Http.SendAsync(method, path == "../_catalog" ? $"/v2/_catalog{query}" : repository.At(path) + query);
            Assert.InRange(answer.Status, 200, 499);
            Assert.DoesNotContain("root:", answer.Text, StringComparison.Ordinal);
        }

        Assert.Equal(["v1"], (await repository.GetAsync("tags/list")).Strings("tags"));
        Assert.Equal(image.Content, (await repository.GetAsync("manifests/v1")).Body);
    }

    private static TheoryData<Engine, string> Cross(string[] patterns)
    {
        var data = new TheoryData<Engine, string>();
        foreach (var row in patterns.SelectMany(pattern => new EnginesAttribute(pattern).GetData(null!)))
        {
            data.Add((Engine)row[0]!, (string)row[1]!);
        }

        return data;
    }
}
