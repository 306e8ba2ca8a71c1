using System.Text.Json.Nodes;
using Registry.Auth.Permissions;
using Registry.Auth.Tokens;
using Registry.Tests.Wire;

namespace Registry.Tests.Access;

/// <summary>The token endpoint, and what stands in Authorization headers: a scope never fails a request, only wrong credentials do.</summary>
public sealed class TokenRequestTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string Form = "application/x-www-form-urlencoded";

    // Scope parameters, each as it stands in the query, with what a writer of acme/* is granted.
    private static readonly Dictionary<string, (string[] Scopes, string Granted)> Scopes = new()
    {
        ["none"] = ([], ""),
        ["pull"] = (["repository:acme/app:pull"], "repository:acme/app:pull"),
        ["wildcard"] = (["repository:acme/app:*"], "repository:acme/app:pull,push"),
        ["wildcard elsewhere"] = (["repository:other/app:*"], ""),
        ["more than is held"] = (["repository:acme/app:pull,push,delete"], "repository:acme/app:pull,push"),
        ["another order"] = (["repository:acme/app:push,pull"], "repository:acme/app:pull,push"),
        ["repeated"] = (["repository:acme/app:pull", "repository:acme/app:push"], "repository:acme/app:pull,push"),
        ["twice the same"] = (["repository:acme/app:pull,pull", "repository:acme/app:pull"], "repository:acme/app:pull"),
        ["several in one value"] = (["repository:acme/app:pull repository:other/app:pull"], "repository:acme/app:pull"),
        ["with a class"] = (["repository(plugin):acme/app:pull"], "repository:acme/app:pull"),
        ["catalog"] = (["registry:catalog:*"], "registry:catalog:*"),
        ["search"] = (["registry:catalog:search"], "registry:catalog:search"),
        ["another thing of the registry"] = (["registry:users:*"], ""),
        ["unknown type"] = (["galaxy:acme/app:pull"], ""),
        ["unknown action"] = (["repository:acme/app:metadata_read,pull"], "repository:acme/app:pull"),
        ["no action"] = (["repository:acme/app:"], ""),
        ["two parts"] = (["repository:acme/app"], ""),
        ["one part"] = (["repository"], ""),
        ["colons"] = ([":::", "::", ":", "repository::pull"], ""),
        ["a port in the name"] = (["repository:localhost:5000/acme/app:pull"], ""),
        ["a name out of grammar"] = (["repository:Acme/App:pull", "repository:../acme:pull", "repository:acme/*:pull", "repository:*:*"], ""),
        ["control characters"] = (["repository:acme/app\0:pull", "repository:acme/app:pull\0", "\0", "repository:acme/app\r\n:pull"], ""),
        ["other alphabets"] = (["repository:аcme/app:pull", "репозиторий:acme/app:pull", "\ud83d\ude00"], ""),
        ["quotes"] = (["repository:acme/app\":pull", "repository:acme'--:pull", "repository:acme/app:pull\\"], ""),
        ["a long name"] = ([$"repository:{new string('a', 10_000)}:pull"], ""),
        ["blanks"] = (["   ", "", "\t repository:acme/app:pull \t"], "repository:acme/app:pull"),
    };

    public static TheoryData<string> Names => [.. Scopes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Whatever_scope_is_asked_the_token_has_what_is_held(string scopes)
    {
        var (app, writer) = await WriterAsync();
        var query = string.Concat(Scopes[scopes].Scopes.Select(scope => $"&scope={Uri.EscapeDataString(scope)}"));

        var byGet = await app.Client.SendAsync("GET", $"/token?service=registry{query}", ("Authorization", writer.ByToken));
        var byPost = await PostAsync(app, $"grant_type=password&username={writer.Name}&password={writer.Token}&client_id=test{query}");

        Assert.Equal(Scopes[scopes].Granted, Granted(byGet.Is(200)));
        if (query.Contains("%00", StringComparison.Ordinal))
        {
            // A form with a NUL is none.
            byPost.IsError(400, "UNSUPPORTED");
            return;
        }

        Assert.Equal(Scopes[scopes].Granted, Granted(byPost.Is(200)));
        Assert.Equal(Scopes[scopes].Granted, (string?)byPost.Json()["scope"]);
    }

    [Fact]
    public async Task A_scope_that_cannot_be_decoded_is_left_out()
    {
        var (app, writer) = await WriterAsync();
        foreach (var query in new[] { "scope=%ff%fe", "scope=%", "scope=%zz", "scope=%c0%80", "scope", "scope=&scope", "&&=", "scope=%00", "scope[]=repository:acme/app:pull" })
        {
            var answer = await app.Client.SendAsync("GET", $"/token?{query}", ("Authorization", writer.ByToken));
            Assert.Equal("", Granted(answer.Is(200)));
        }
    }

    [Fact]
    public async Task Ten_thousand_scopes_fit_in_no_query_and_no_more_than_a_hundred_names_in_a_token()
    {
        var (app, writer) = await WriterAsync();
        var scopes = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"&scope=repository:acme/n{i}:pull"));

        (await app.Client.SendAsync("GET", $"/token?{scopes[..40_000]}", ("Authorization", writer.ByToken))).Is(414);
        var form = await PostAsync(app, $"grant_type=password&username={writer.Name}&password={writer.Token}{scopes}");
        Assert.True(form.Status is 400 or 413, $"{form}");

        var some = string.Concat(Enumerable.Range(0, 150).Select(i => $"&scope=repository:acme/n{i}:pull"));
        var token = await PostAsync(app, $"grant_type=password&username={writer.Name}&password={writer.Token}{some}");
        Assert.Equal(100, Granted(token.Is(200)).Split(' ').Length);
    }

    [Fact]
    public async Task A_megabyte_is_refused_with_or_without_a_length()
    {
        var (app, _) = await WriterAsync();

        // By hand: whoever is refused in the middle of a body may find the connection closed before he has read why.
        var announced = await RawHttp.RequestAsync(
            app.Address, $"POST /token HTTP/1.1\nContent-Type: {Form}\nContent-Length: {1 << 20}\nExpect: 100-continue");
        Assert.Equal(413, announced.Status);

        await using var connection = await RawHttp.ConnectAsync(app.Address);
        await connection.SendHeadAsync($"POST /token HTTP/1.1\nContent-Type: {Form}\nTransfer-Encoding: chunked");
        var (answer, _) = await connection.SendChunksUntilAnsweredAsync(most: 1 << 20);
        Assert.Equal(413, answer.Status);
    }

    [Fact]
    public async Task Many_fields_and_broken_forms_are_bad_requests()
    {
        var (app, _) = await WriterAsync();
        foreach (var form in new[]
        {
            string.Concat(Enumerable.Range(0, 1000).Select(i => $"f{i}=1&")),
            "", "=", "&", "grant_type", "grant_type=", "grant_type=authorization_code", "grant_type=PASSWORD", "grant_type=%ff",
            $"grant_type={new string('a', 10_000)}", $"{new string('k', 10_000)}=1", "\0", "grant_type=password%00", "grant_type=refresh_token&refresh_token=rgf_%00",
        })
        {
            (await PostAsync(app, form)).IsError(400, "UNSUPPORTED");
        }
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData(null)]
    public async Task Another_content_type_is_415(string? type)
    {
        var (app, _) = await WriterAsync();

        (await app.Client.SendAsync("POST", "/token", Http.Sized(Bytes("grant_type=password"), type))).IsError(415, "UNSUPPORTED");
    }

    [Fact]
    public async Task Wrong_credentials_are_401_by_every_way()
    {
        var (app, writer) = await WriterAsync();
        var unknown = Secrets.Create(Secrets.AccessToken);

        foreach (var answer in new[]
        {
            await GetAsync(app, Tenant.Basic(writer.Name, unknown)),
            await GetAsync(app, Tenant.Basic(writer.Name, "not the password")),
            await GetAsync(app, Tenant.Basic("nobody-at-all", Tenant.Password)),
            await GetAsync(app, Tenant.Basic("another", writer.Token)),
            await GetAsync(app, $"Bearer {unknown}"),
            await GetAsync(app, $"Bearer {await new Tenants(app).TokenAsync(writer.ByToken)}"),
            await GetAsync(app, $"Bearer {await new Tenants(app).TokenAsync(null)}"),
            await PostAsync(app, $"grant_type=password&username={writer.Name}&password={unknown}"),
            await PostAsync(app, "grant_type=password"),
            await PostAsync(app, "grant_type=refresh_token"),
            await PostAsync(app, $"grant_type=refresh_token&refresh_token={writer.Token}"),
            await PostAsync(app, $"grant_type=refresh_token&refresh_token={Secrets.Create(Secrets.Refresh)}"),
            await PostAsync(app, $"grant_type=refresh_token&refresh_token={new string('x', 10_000)}"),
            await PostAsync(app, "grant_type=refresh_token&refresh_token=rgf_%ff"),
        })
        {
            answer.IsError(401, "UNAUTHORIZED").Has("WWW-Authenticate", "Basic realm=\"registry\", charset=\"UTF-8\"");
        }
    }

    [Theory]
    [Engines]
    public async Task A_refresh_token_serves_until_it_its_password_or_its_user_ends(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var tenants = new Tenants(app);
        foreach (var end in new Func<Tenant, string, Task>[]
        {
            (user, _) => tenants.RevokeAsync(user.PasswordId),
            (user, _) => tenants.DisableAsync(user),
            (_, token) => tenants.ExecuteAsync("update credential set expires_at = now_ms() - 1 where secret = @secret", new { secret = Secrets.Hash(token) }),
            (_, token) => tenants.ExecuteAsync("update credential set revoked_at = now_ms() where secret = @secret", new { secret = Secrets.Hash(token) }),
        })
        {
            var user = await tenants.UserAsync($"u{Guid.NewGuid():n}", Role.Reader, "acme/*");
            var login = await app.Client.SendAsync("GET", "/token?offline_token=true&client_id=docker", ("Authorization", user.ByPassword));
            var refresh = (string)login.Is(200).Json()["refresh_token"]!;
            var form = $"grant_type=refresh_token&refresh_token={refresh}&scope=repository:acme/app:pull";

            // Clients do not keep a new one: the same serves again and again.
            Assert.Equal("repository:acme/app:pull", Granted((await PostAsync(app, form)).Is(200)));
            Assert.Equal("repository:acme/app:pull", Granted((await PostAsync(app, form)).Is(200)));
            await end(user, refresh);

            (await PostAsync(app, form)).IsError(401, "UNAUTHORIZED");
        }
    }

    [Fact]
    public async Task A_refresh_token_signs_in_nowhere_else()
    {
        var app = await registry.AppAsync(Engine.Sqlite);
        var user = await new Tenants(app).UserAsync($"u{Guid.NewGuid():n}");
        var login = await app.Client.SendAsync("GET", "/token?offline_token=true&client_id=docker", ("Authorization", user.ByPassword));
        var refresh = (string)login.Is(200).Json()["refresh_token"]!;

        (await app.Client.SendAsync("GET", "/v2/", ("Authorization", $"Bearer {refresh}"))).Is(401);
        (await app.Client.SendAsync("GET", "/v2/", ("Authorization", Tenant.Basic(user.Name, refresh)))).Is(401);
        (await GetAsync(app, $"Bearer {refresh}")).Is(401);
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("Basic ")]
    [InlineData("Basic !!!")]
    [InlineData("Basic Og")]
    [InlineData("Basic /w==")]
    [InlineData("Basic bm9jb2xvbg==")]
    [InlineData("Basic AA==")]
    [InlineData("Basic ADpB")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer x")]
    [InlineData("Bearer ...")]
    [InlineData("Bearer a.b.c")]
    [InlineData("Bearer eyJhbGciOiJub25lIn0.e30.")]
    [InlineData("Bearer rgt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Bearer rgt_")]
    [InlineData("Negotiate abc")]
    [InlineData("Digest username=\"a\"")]
    [InlineData("Bearerx y")]
    [InlineData("x")]
    public async Task A_header_that_cannot_be_read_is_nobody_and_harms_no_public_pull(string header)
    {
        var (app, _) = await WriterAsync();

        (await app.Client.SendAsync("GET", "/v2/", ("Authorization", header))).IsError(401, "UNAUTHORIZED");
        (await app.Client.SendAsync("GET", "/v2/acme/private/tags/list", ("Authorization", header))).IsError(401, "UNAUTHORIZED");
        (await app.Client.SendAsync("GET", "/v2/acme/public/tags/list", ("Authorization", header))).Is(200);
    }

    [Fact]
    public async Task Long_and_repeated_headers_are_nobody()
    {
        var (app, writer) = await WriterAsync();
        foreach (var header in new[]
        {
            "Basic " + Convert.ToBase64String(Bytes("a:" + new string('p', 20_000))),
            "Bearer " + new string('e', 30_000),
            $"{writer.ByToken}, {writer.ByToken}",
        })
        {
            (await app.Client.SendAsync("GET", "/v2/", ("Authorization", header))).IsError(401, "UNAUTHORIZED");
        }

        var twice = await RawHttp.RequestAsync(app.Address, $"GET /v2/ HTTP/1.1\nAuthorization: {writer.ByToken}\nAuthorization: {writer.ByToken}");
        OciAssert.Error(twice, System.Net.HttpStatusCode.Unauthorized, "UNAUTHORIZED");
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task The_ping_wants_a_token_of_anybody_whether_anonymous_pull_is_allowed_or_not(string anonymousPull)
    {
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, ("Access:AnonymousPull", anonymousPull));
        var tenants = new Tenants(app);
        var user = await tenants.UserAsync("user");
        var challenge = $"Bearer realm=\"{app.Address}token\",service=\"registry\"";

        (await app.Client.SendAsync("GET", "/v2/")).IsError(401, "UNAUTHORIZED").Has("WWW-Authenticate", challenge);
        (await app.Client.SendAsync("GET", "/v2/", ("Authorization", "Basic Og=="))).IsError(401, "UNAUTHORIZED").Has("WWW-Authenticate", challenge);
        (await app.Client.SendAsync("GET", "/v2/", ("Authorization", $"Bearer {await tenants.TokenAsync(null)}"))).Is(200);
        (await app.Client.SendAsync("GET", "/v2/", ("Authorization", $"Bearer {await tenants.TokenAsync(user.ByToken)}"))).Is(200);
        (await app.Client.SendAsync("GET", "/v2/", ("Authorization", user.ByPassword))).Is(200);
        (await app.Client.SendAsync("GET", "/v2/", ("Authorization", user.ByToken))).Is(200);
    }

    private async Task<(RegistryApp App, Tenant Writer)> WriterAsync()
    {
        var app = await registry.AppAsync(Engine.Sqlite);
        var tenants = new Tenants(app);
        var writer = await tenants.UserAsync($"writer-{Guid.NewGuid():n}", Role.Writer, "acme/*");
        using var http = tenants.Client(writer.ByToken);
        foreach (var name in new[] { "acme/public", "acme/private" })
        {
            await new RepositoryClient(http, name).PushImageAsync("latest", layers: 1);
        }

        await tenants.MakePublicAsync("acme/public");
        return (app, writer);
    }

    private static Task<Answer> GetAsync(RegistryApp app, string authorization) => app.Client.SendAsync("GET", "/token", ("Authorization", authorization));

    private static Task<Answer> PostAsync(RegistryApp app, string form) => app.Client.SendAsync("POST", "/token", Http.Sized(Bytes(form), Form));

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    // What the token in the answer allows, in the form of scopes.
    private static string Granted(Answer answer)
    {
        var payload = ((string)answer.Json()["token"]!).Split('.')[1];
        var access = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload))!["access"]?.AsArray() ?? [];
        return string.Join(' ', access.Select(entry => $"{entry!["type"]}:{entry["name"]}:{string.Join(',', entry["actions"]!.AsArray().Select(action => (string)action!))}"));
    }
}
