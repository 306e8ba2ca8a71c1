using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>Repository names out of grammar are 400 NAME_INVALID, whatever is asked of them.</summary>
public sealed class NameTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    public static TheoryData<string> Malformed =>
    [
        "Library/app", "library/App", "LIBRARY", "-a", "a-", ".a", "a.", "_a", "a_", "a..b", "a___b", "a._b", "a-_b", "a_-b", "a.-b",
        "library/-app", "library/app-", "library-/app", "a+b", "a@b", "a!b", "a$b", "a(b)", "a*b", "a=b", "a;b", "a,b", "a'b", "a&b",
        "a:b", "localhost:5000/app", "a~b", "a/b~", new string('a', 256), string.Join('/', Enumerable.Repeat("ab", 86)),
    ];

    [Theory, Engines]
    public async Task A_malformed_name_is_400_on_every_endpoint(Engine engine)
    {
        var http = await registry.HttpAsync(engine);
        foreach (var name in Malformed)
        {
            foreach (var (method, rest) in Requests)
            {
                var answer = await http.SendAsync(method, $"/v2/{name}/{rest}", method is "PUT" or "PATCH" ? Wire.Http.Sized("{}"u8.ToArray()) : null);
                Assert.True(answer.Status == 400, $"{method} {name}: {answer}");
                if (method != "HEAD")
                {
                    answer.IsError(400, "NAME_INVALID");
                }
            }
        }
    }

    [Theory, Engines]
    public async Task A_malformed_name_comes_before_all_else_that_is_wrong(Engine engine)
    {
        var http = await registry.HttpAsync(engine);

        (await http.SendAsync("GET", "/v2/UPPER/manifests/.bad")).IsError(400, "NAME_INVALID");
        (await http.SendAsync("GET", "/v2/UPPER/blobs/nodigest")).IsError(400, "NAME_INVALID");
        (await http.SendAsync("GET", "/v2/UPPER/tags/list?n=-1")).IsError(400, "NAME_INVALID");
        (await http.SendAsync("PUT", "/v2/UPPER/blobs/uploads/no-session?digest=x")).IsError(400, "NAME_INVALID");
    }

    [Theory, Engines]
    public async Task A_refusal_says_what_a_name_looks_like(Engine engine)
    {
        var http = await registry.HttpAsync(engine);

        var answer = (await http.SendAsync("GET", "/v2/Library/App/tags/list")).IsError(400, "NAME_INVALID");

        var error = answer.Errors()[0].ToJsonString();
        Assert.True(error.Contains("lower", StringComparison.OrdinalIgnoreCase) || error.Contains("a-z0-9", StringComparison.Ordinal), $"no help in {answer}");
    }

    [Theory]
    [Engines("a")]
    [Engines("0")]
    [Engines("a.b")]
    [Engines("a_b")]
    [Engines("a__b")]
    [Engines("a-----b")]
    [Engines("a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p")]
    [Engines("localhost/app")]
    [Engines("v2/v2")]
    [Engines("list")]
    public async Task A_well_formed_name_is_only_unknown(Engine engine, string name)
    {
        var http = await registry.HttpAsync(engine);

        (await http.SendAsync("GET", $"/v2/{name}/tags/list")).IsError(404, "NAME_UNKNOWN");
    }

    private static IEnumerable<(string Method, string Below)> Requests =>
    [
        ("GET", "tags/list"), ("HEAD", "tags/list"), ("GET", "manifests/latest"), ("HEAD", "manifests/latest"), ("PUT", "manifests/latest"),
        ("DELETE", "manifests/latest"), ("GET", $"manifests/{Digest}"), ("GET", $"blobs/{Digest}"), ("HEAD", $"blobs/{Digest}"),
        ("DELETE", $"blobs/{Digest}"), ("POST", "blobs/uploads/"), ("GET", $"referrers/{Digest}"),
        ("PATCH", "blobs/uploads/00000000-0000-0000-0000-000000000000"), ("DELETE", "blobs/uploads/00000000-0000-0000-0000-000000000000"),
    ];
}
