using Registry.Auth.Permissions;
using Registry.Tests.Wire;

namespace Registry.Tests.Access;

/// <summary>S22, S32: who may not know of something gets the same bytes whether it is there, is another's, or is not there.</summary>
public sealed class DifferenceTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    // All of one length, so that lengths can be compared as well.
    private const string Private = "acme/there", Missing = "acme/never", Foreign = "else/there";

    private static readonly string[] Callers = ["nobody", "anonymous", "stranger", "stranger by token", "unasked", "lapsed"];

    [Theory]
    [Engines]
    public async Task S22_S32_what_is_hidden_and_what_is_missing_look_the_same(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var tenants = new Tenants(app);
        var (image, stranger) = await SeedAsync(tenants, "hidden");
        var upload = await tenants.UploadAsync(Private, null);
        var differences = new List<string>();
        foreach (var (method, below, body) in Requests(image, upload))
        {
            foreach (var caller in Callers)
            {
                var seen = new List<(string Name, string Text)>();
                foreach (var name in new[] { Private, Missing, Foreign })
                {
                    var authorization = await AuthorizationAsync(tenants, stranger, caller, name);
                    var answer = await app.Client.SendAsync(
                        method, $"/v2/{name}/{below}", body?.Invoke(), authorization is null ? [] : [("Authorization", authorization)]);
                    Assert.True(answer.Status is 401 or 403 or 404, $"{caller} {answer}");
                    seen.Add((name, Comparable(answer, name)));
                }

                differences.AddRange(seen.Where(other => other.Text != seen[0].Text).Select(other => $"{caller} {method} {below}\n{seen[0].Text}\n{other.Name}:\n{other.Text}"));
            }
        }

        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
    }

    [Theory]
    [Engines]
    public async Task S22_a_mount_tells_nothing_of_what_the_caller_may_not_pull(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var tenants = new Tenants(app);
        var (image, stranger) = await SeedAsync(tenants, "mount");
        await tenants.GrantAsync(stranger, Role.Writer, "mine/*");
        using var http = tenants.Client(stranger.ByToken);
        var own = await new RepositoryClient(http, "mine/source").PushImageAsync("latest");

        var expected = new (string What, string Digest, string? From, int Status)[]
        {
            ("forbidden", image.Config.Digest, Private, 202),
            ("missing source", image.Config.Digest, Missing, 202),
            ("missing blob", Oci.Digest(Oci.RandomBytes(10)), Private, 202),
            ("anywhere, another's", image.Config.Digest, null, 202),
            ("anywhere, nobody's", Oci.Digest(Oci.RandomBytes(10)), null, 202),
            ("source out of grammar", image.Config.Digest, "UPPER/case", 202),
            ("permitted", own.Config.Digest, "mine/source", 201),
            ("permitted, not there", image.Config.Digest, "mine/source", 202),
            ("anywhere, one's own", own.Layers[0].Digest, null, 201),
        };
        foreach (var bearer in new[] { false, true })
        {
            var refused = new List<string>();
            foreach (var (what, digest, from, status) in expected)
            {
                // As docker asks: for the target, and for the source whether it may or not.
                var authorization = bearer
                    ? "Bearer " + await tenants.TokenAsync(stranger.ByToken, "repository:mine/target:pull,push", $"repository:{from ?? "mine/source"}:pull")
                    : stranger.ByToken;
                var answer = await app.Client.SendAsync(
                    "POST", $"/v2/mine/target/blobs/uploads/?mount={digest}{(from is null ? "" : $"&from={from}")}", ("Authorization", authorization));
                Assert.True(answer.Status == status, $"{what}, bearer {bearer}: {answer}");
                if (status == 202)
                {
                    refused.Add(Comparable(answer, answer.Location.Split('/')[^1]));
                }
            }

            Assert.Single(refused.Distinct());
        }

        // Nothing of the other tenant has come along.
        (await http.SendAsync("HEAD", $"/v2/mine/target/blobs/{image.Config.Digest}")).Is(404);
    }

    [Theory]
    [Engines]
    public async Task S21_a_blob_is_there_only_where_it_was_pushed(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var tenants = new Tenants(app);
        var (image, stranger) = await SeedAsync(tenants, "blobs");
        await tenants.GrantAsync(stranger, Role.Owner, "theirs/*");
        using var http = tenants.Client(stranger.ByToken);
        var theirs = new RepositoryClient(http, $"theirs/{engine}".ToLowerInvariant());
        await theirs.PushImageAsync("latest");

        foreach (var digest in image.Blobs.Keys)
        {
            foreach (var method in new[] { "HEAD", "GET", "DELETE" })
            {
                (await http.SendAsync(method, $"/v2/{theirs.Name}/blobs/{digest}")).Is(404);
                var there = await http.SendAsync(method, $"/v2/{Private}/blobs/{digest}");
                Assert.Equal(method == "DELETE" ? 403 : 404, there.Status);
            }
        }

        // A manifest that names another's blobs is refused as one that names nobody's.
        var refused = await http.SendAsync("PUT", $"/v2/{theirs.Name}/manifests/x", Http.Sized(image.Manifest, image.MediaType));
        var unknown = Image.Random();
        var nowhere = await http.SendAsync("PUT", $"/v2/{theirs.Name}/manifests/x", Http.Sized(unknown.Manifest, unknown.MediaType));
        refused.IsError(nowhere.Status, "MANIFEST_BLOB_UNKNOWN");
        nowhere.IsError(nowhere.Status, "MANIFEST_BLOB_UNKNOWN");
        Assert.Equal(Codes(nowhere), Codes(refused));
        (await http.SendAsync("GET", $"/v2/{theirs.Name}/manifests/{image.Digest}")).IsError(404, "MANIFEST_UNKNOWN");

        // The bytes themselves have to come, all of them, although they are stored already.
        var blob = image.Blobs[image.Config.Digest];
        var session = await theirs.StartUploadAsync();
        using (var part = await theirs.PatchAsync(session, blob[..^1]))
        {
            using var close = await theirs.CloseAsync(Registry.Tests.Uploads.Location(part), image.Config.Digest);
            await OciAssert.ErrorAsync(close, System.Net.HttpStatusCode.BadRequest, "DIGEST_INVALID");
        }

        (await http.SendAsync("HEAD", $"/v2/{theirs.Name}/blobs/{image.Config.Digest}")).Is(404);
        await theirs.PushBlobAsync(blob);
        (await http.SendAsync("HEAD", $"/v2/{theirs.Name}/blobs/{image.Config.Digest}")).Is(200);
    }

    private static IEnumerable<(string Method, string Below, Func<HttpContent>? Body)> Requests(Image image, Guid upload)
    {
        foreach (var method in new[] { "GET", "HEAD" })
        {
            yield return (method, "manifests/latest", null);
            yield return (method, $"manifests/{image.Digest}", null);
            yield return (method, "manifests/absent", null);
            yield return (method, $"blobs/{image.Config.Digest}", null);
            yield return (method, $"blobs/{Oci.Digest([])}", null);
            yield return (method, "tags/list", null);
            yield return (method, "tags/list?n=1&last=a", null);
            yield return (method, $"referrers/{image.Digest}", null);
            yield return (method, $"blobs/uploads/{upload}", null);
        }

        yield return ("DELETE", "manifests/latest", null);
        yield return ("DELETE", $"manifests/{image.Digest}", null);
        yield return ("DELETE", $"blobs/{image.Config.Digest}", null);
        yield return ("DELETE", $"blobs/uploads/{upload}", null);
        yield return ("POST", "blobs/uploads/", null);
        yield return ("POST", $"blobs/uploads/?digest={Oci.Digest([1])}", () => Http.Sized(new byte[] { 1 }));
        yield return ("POST", $"blobs/uploads/?mount={image.Config.Digest}&from=some/source", null);
        yield return ("PATCH", $"blobs/uploads/{upload}", () => Http.Sized(new byte[] { 1 }));
        yield return ("PUT", $"blobs/uploads/{upload}?digest={Oci.Digest([1])}", () => Http.Sized(new byte[] { 1 }));
        yield return ("PUT", "manifests/latest", () => Http.Sized(image.Manifest, image.MediaType));
    }

    private static async Task<string?> AuthorizationAsync(Tenants tenants, Tenant stranger, string caller, string name) => caller switch
    {
        "nobody" => null,
        "anonymous" => $"Bearer {await tenants.TokenAsync(null, $"repository:{name}:pull,push,delete")}",
        "stranger" => stranger.ByToken,
        "stranger by token" => $"Bearer {await tenants.TokenAsync(stranger.ByToken, $"repository:{name}:pull,push,delete")}",
        "unasked" => $"Bearer {await tenants.TokenAsync(stranger.ByToken)}",
        _ => $"Bearer {tenants.IssueAgo(TimeSpan.FromMinutes(10), stranger.Name, stranger.TokenId)}",
    };

    // The same image in two tenants' repositories, and somebody who has nothing to do with either.
    private static async Task<(Image Image, Tenant Stranger)> SeedAsync(Tenants tenants, string test)
    {
        var administrator = await tenants.UserAsync($"{test}-root", administrator: true);
        using var http = tenants.Client(administrator.ByToken);
        var image = Image.Random();
        await new RepositoryClient(http, Private).PushImageAsync(image, "latest");
        await new RepositoryClient(http, Foreign).PushImageAsync(image, "latest");
        return (image, await tenants.UserAsync($"{test}-stranger", Role.Owner, $"{test}-home/*"));
    }

    private static string Codes(Answer answer) => string.Join(' ', answer.Errors().Select(error => $"{error["code"]}: {error["message"]}"));

    // All that was sent, but the time and what differs from request to request.
    private static string Comparable(Answer answer, string varies) => string.Join('\n', answer.ToString().Split('\n').Skip(1)
        .Where(line => !line.StartsWith("Date:", StringComparison.Ordinal))
        .Select(line => line.StartsWith("X-Request-Id:", StringComparison.OrdinalIgnoreCase) ? "X-Request-Id: {…}" : line)
        .Prepend($"{answer.Status}")).Replace(varies, "{…}", StringComparison.Ordinal);
}
