using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>S64: what a client or a proxy says about the host never becomes part of an answer.</summary>
public sealed class HostTests(HostTests.OpenRegistry registry) : IClassFixture<HostTests.OpenRegistry>
{
    [Theory]
    [Engines("Host: evil.example")]
    [Engines("Host: evil.example:8443")]
    [Engines("X-Forwarded-Host: evil.example")]
    [Engines("X-Forwarded-Proto: https")]
    [Engines("X-Forwarded-Prefix: /evil")]
    [Engines("Forwarded: host=evil.example;proto=https")]
    [Engines("X-Original-URL: /evil")]
    public async Task S64_Locations_and_links_are_paths_whatever_the_headers_say(Engine engine, string header)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        await repository.PushImageAsync("a");
        await repository.PushImageAsync("b");
        var content = Oci.RandomBytes(10);
        var digest = RepositoryWire.DigestOf(content);

        var opened = await SendAsync("POST", repository.At("blobs/uploads/"), []);
        var status = await SendAsync("GET", opened.Header("Location")!, null);
        var closed = await SendAsync("PUT", $"{opened.Header("Location")}?digest={digest}", content);
        var pushed = await SendAsync("PUT", repository.At("manifests/c"), Documents.Index().Bytes(), $"Content-Type: {Oci.IndexType}");
        var listed = await SendAsync("GET", repository.At("tags/list?n=1"), null);

        Assert.Equal((202, 204, 201, 201, 200), (opened.Status, status.Status, closed.Status, pushed.Status, listed.Status));
        foreach (var location in new[] { opened, status, closed, pushed }.Select(answer => answer.Header("Location")!))
        {
            Assert.StartsWith($"/v2/{repository.Name}/", location, StringComparison.Ordinal);
        }

        Assert.StartsWith($"</v2/{repository.Name}/tags/list?", listed.Header("Link"), StringComparison.Ordinal);
        Assert.All(new[] { opened, status, closed, pushed, listed }, answer => Assert.DoesNotContain("evil", answer.ToString(), StringComparison.Ordinal));

        Task<RawResponse> SendAsync(string method, string path, byte[]? body, string extra = "X: y") =>
            RawHttp.RequestAsync(app.Address, $"{method} {path} HTTP/1.1\n{header}\n{extra}" + (body is null ? "" : $"\nContent-Length: {body.Length}"), body);
    }

    public sealed class OpenRegistry() : SharedRegistry(("Access:Open", "true"));
}
