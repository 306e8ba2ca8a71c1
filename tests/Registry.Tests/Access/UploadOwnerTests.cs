using Registry.Auth.Permissions;
using Registry.Auth.Tokens;
using Registry.Tests.Wire;

namespace Registry.Tests.Access;

/// <summary>An upload session belongs to the subject that has opened it, in the repository it was opened in.</summary>
public sealed class UploadOwnerTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private static readonly byte[] Content = "somebody's bytes"u8.ToArray();

    [Theory]
    [Engines]
    public async Task S23_nobody_else_finds_an_upload_session(Engine engine)
    {
        var (app, tenants, user, name) = await SetUpAsync(engine, "hijack");
        var colleague = await tenants.UserAsync("hijack-colleague", Role.Owner, "hijack/*");
        var administrator = await tenants.UserAsync("hijack-root", administrator: true);
        var location = await StartAsync(app, user.ByToken, name);
        var elsewhere = location.Replace(name, name + "2", StringComparison.Ordinal);
        await StartAsync(app, user.ByToken, name + "2");
        await RequestAsync(app, user.ByToken, "PATCH", location, Content[..5]);

        var anonymous = $"Bearer {await tenants.TokenAsync(null, $"repository:{name}:pull,push")}";
        foreach (var (who, target) in new[]
        {
            (colleague.ByToken, location), (administrator.ByToken, location), (anonymous, location), (null, location), ("Bearer wrong", location),
            (Tenant.Basic(user.Name, Secrets.Create(Secrets.AccessToken)), location), (user.ByToken, elsewhere), (colleague.ByToken, elsewhere),
        })
        {
            (await RequestAsync(app, who, "GET", target)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
            (await RequestAsync(app, who, "HEAD", target)).Is(404);
            (await RequestAsync(app, who, "PATCH", target, [1])).IsError(404, "BLOB_UPLOAD_UNKNOWN");
            (await RequestAsync(app, who, "PUT", $"{target}?digest={Oci.Digest(Content[..5])}")).IsError(404, "BLOB_UPLOAD_UNKNOWN");
            (await RequestAsync(app, who, "PUT", $"{target}?digest={Oci.Digest([1])}", [1])).IsError(404, "BLOB_UPLOAD_UNKNOWN");
            (await RequestAsync(app, who, "DELETE", target)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        }

        // Not a byte has changed; and the same user may come with another token, or its password.
        var bearer = $"Bearer {await tenants.TokenAsync(user.ByPassword)}";
        (await RequestAsync(app, user.ByPassword, "GET", location)).Is(204).Has("Range", "0-4");
        (await RequestAsync(app, bearer, "PATCH", location, Content[5..])).Is(202);
        (await RequestAsync(app, user.ByPassword, "PUT", $"{location}?digest={Oci.Digest(Content)}")).Is(201);

        // Nor does anybody else learn how it ended.
        (await RequestAsync(app, colleague.ByToken, "PUT", $"{location}?digest={Oci.Digest(Content)}")).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await RequestAsync(app, user.ByToken, "PUT", $"{location}?digest={Oci.Digest(Content)}")).Is(201);
    }

    [Theory]
    [Engines]
    public async Task S23_a_session_from_before_the_first_user_is_nobodys(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var location = (await RequestAsync(app, null, "POST", "/v2/acme/app/blobs/uploads/")).Is(202).Location;
        var user = await new Tenants(app).UserAsync("first", administrator: true);

        foreach (var who in new[] { null, user.ByToken })
        {
            (await RequestAsync(app, who, "GET", location)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
            (await RequestAsync(app, who, "PUT", $"{location}?digest={Oci.Digest(Content)}", Content)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        }
    }

    [Theory]
    [Engines]
    public async Task A_push_ends_with_the_token_it_began_with_though_that_has_expired(Engine engine)
    {
        var (app, tenants, user, name) = await SetUpAsync(engine, "late");
        var repository = await tenants.RepositoryAsync(name);
        TokenAccess[] access = [new(TokenAccess.Repository, name, ["pull", "push"], repository)];
        var lapsed = $"Bearer {tenants.IssueAgo(TimeSpan.FromMinutes(10), user.Name, user.PasswordId, access)}";
        var old = $"Bearer {tenants.IssueAgo(TimeSpan.FromMinutes(70), user.Name, user.PasswordId, access)}";
        var image = Image.Random(layers: 1);
        var manifest = $"/v2/{name}/manifests/{image.Digest}";

        // Before any upload there is no push that could end.
        (await RequestAsync(app, lapsed, "PUT", manifest, image.Manifest, image.MediaType)).IsError(401, "UNAUTHORIZED");
        foreach (var (digest, content) in image.Blobs)
        {
            var location = await StartAsync(app, user.ByPassword, name);
            (await RequestAsync(app, old, "PATCH", location, content)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
            (await RequestAsync(app, lapsed, "PATCH", location, content)).Is(202);
            (await RequestAsync(app, lapsed, "PUT", $"{location}?digest={digest}")).Is(201);
        }

        (await RequestAsync(app, old, "PUT", manifest, image.Manifest, image.MediaType)).IsError(401, "UNAUTHORIZED");
        (await RequestAsync(app, lapsed, "PUT", manifest, image.Manifest, image.MediaType)).Is(201);

        // All else wants a new token.
        foreach (var (method, target) in new[]
        {
            ("GET", manifest), ("HEAD", manifest), ("GET", $"/v2/{name}/tags/list"), ("GET", $"/v2/{name}/blobs/{image.Config.Digest}"),
            ("POST", $"/v2/{name}/blobs/uploads/"), ("DELETE", manifest), ("GET", "/v2/"), ("GET", "/v2/_catalog"),
        })
        {
            var answer = (await RequestAsync(app, lapsed, method, target)).Is(401);
            Assert.Contains("error=\"invalid_token\"", answer["WWW-Authenticate"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [Engines]
    public async Task What_is_taken_away_during_a_push_is_taken_away(Engine engine)
    {
        var (app, tenants, user, name) = await SetUpAsync(engine, "taken");
        var lapsed = $"Bearer {tenants.IssueAgo(TimeSpan.FromMinutes(10), user.Name, user.PasswordId, [new(TokenAccess.Repository, name, ["pull", "push"], await tenants.RepositoryAsync(name))])}";
        var location = await StartAsync(app, user.ByPassword, name);
        (await RequestAsync(app, lapsed, "PATCH", location, Content)).Is(202);

        await tenants.ExecuteAsync("delete from role_grant where subject_id = @Id; update subject set epoch = epoch + 1 where id = @Id", new { user.Id });
        (await RequestAsync(app, lapsed, "PATCH", location, Content)).IsError(403, "DENIED");
        (await RequestAsync(app, user.ByPassword, "PUT", $"{location}?digest={Oci.Digest(Content)}")).IsError(403, "DENIED");

        await tenants.RevokeAsync(user.PasswordId);
        (await RequestAsync(app, lapsed, "PATCH", location, Content)).IsError(404, "BLOB_UPLOAD_UNKNOWN");
        (await RequestAsync(app, lapsed, "PUT", $"/v2/{name}/manifests/x", Documents.Index().Bytes(), Oci.IndexType)).IsError(401, "UNAUTHORIZED");
    }

    private async Task<(RegistryApp App, Tenants Tenants, Tenant User, string Name)> SetUpAsync(Engine engine, string test)
    {
        var app = await registry.AppAsync(engine);
        var tenants = new Tenants(app);
        var user = await tenants.UserAsync($"{test}-user", Role.Writer, $"{test}/*");
        using var http = tenants.Client(user.ByToken);
        await new RepositoryClient(http, $"{test}/app").PushIndexAsync("latest");
        return (app, tenants, user, $"{test}/app");
    }

    private static async Task<string> StartAsync(RegistryApp app, string authorization, string name) =>
        (await RequestAsync(app, authorization, "POST", $"/v2/{name}/blobs/uploads/")).Is(202).Location;

    private static Task<Answer> RequestAsync(
        RegistryApp app, string? authorization, string method, string target, byte[]? body = null, string type = "application/octet-stream") =>
        app.Client.SendAsync(method, target, body is null ? null : Http.Sized(body, type), authorization is null ? [] : [("Authorization", authorization)]);
}
