using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Registry.Auth.Identities;
using Registry.Auth.Passwords;
using Registry.Auth.Permissions;
using Registry.Auth.Tokens;
using Registry.Auth.Tokens.Keys;
using Registry.Storage.Metadata;

namespace Registry.Tests.Access;

/// <summary>Somebody with a password and an access token; a robot with a secret alone.</summary>
internal sealed record Tenant(long Id, string Name, string Token, long TokenId, long PasswordId)
{
    /// <summary>The password of every user.</summary>
    public const string Password = "seven kettles under the moonlight";

    public string ByPassword => Basic(Name, Password);

    public string ByToken => Basic(Name, Token);

    public static string Basic(string name, string secret) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{secret}"));
}

/// <summary>
/// Users, robots and grants of a running registry, written as rows: tests of permissions need states that nobody can ask for, such as
/// a credential that has expired.
/// </summary>
/// <param name="app">The registry.</param>
/// <param name="plain">A client without credentials, where the registry listens elsewhere than at its own address.</param>
internal sealed class Tenants(RegistryApp app, HttpClient? plain = null)
{
    private readonly HttpClient _http = plain ?? app.Client;

    private const string Touch = "update subject set epoch = epoch + 1 where id = @id";

    // Hashing takes long, and none of the tests is about it.
    private static readonly Lazy<byte[]> Hash = new(() => Encoding.UTF8.GetBytes(PasswordHash.Create(Tenant.Password)));

    private Database Database => app.Services.GetRequiredService<Database>();

    public Task<Tenant> UserAsync(string name, bool administrator = false) => AddAsync(name, SubjectKind.User, administrator);

    public Task<Tenant> RobotAsync(string name) => AddAsync(name, SubjectKind.Robot, administrator: false);

    public async Task<Tenant> UserAsync(string name, Role role, string names, bool? overwrite = null, bool? removal = null)
    {
        var tenant = await UserAsync(name);
        await GrantAsync(tenant, role, names, overwrite, removal);
        return tenant;
    }

    /// <summary>Gives a role on what a pattern means; returns the row.</summary>
    public Task<long> GrantAsync(Tenant to, Role role, string names, bool? overwrite = null, bool? removal = null) => WriteAsync(
        async session =>
        {
            await session.ExecuteAsync(Touch, new { id = to.Id });
            return await session.FirstAsync<long>(
                """
                insert into role_grant (subject_id, repository_id, prefix, role, overwrite, removal, created_at)
                values (@Id, (select repository_id from repository_name where name = @names and @prefix is null), @prefix, @role, @overwrite, @removal, now_ms())
                returning id
                """,
                new { to.Id, names, prefix = names.EndsWith('*') ? names[..^1] : null, role = (long)role, overwrite = Flag(overwrite), removal = Flag(removal) });
        });

    /// <summary>An access token that is for pulls alone.</summary>
    public async Task<string> LimitedTokenAsync(Tenant of)
    {
        var token = Secrets.Create(Secrets.AccessToken);
        await CredentialAsync(of.Name, CredentialKind.AccessToken, Secrets.Hash(token), new CredentialLimits([new("*", ["pull"])]));
        return token;
    }

    /// <summary>One more credential of a subject; returns the row, null when there is nobody of that name.</summary>
    public Task<long?> CredentialAsync(string name, CredentialKind kind, byte[] secret, CredentialLimits? limits = null) => WriteAsync(
        session => session.FirstAsync<long?>(
            """
            insert into credential (subject_id, kind, secret, limits, created_at)
            select id, @kind, @secret, @limits, now_ms() from subject where name = @name returning id
            """,
            new { name, kind = (long)kind, secret, limits = limits?.Format() }));

    public Task RemoveGrantAsync(Tenant from, long grant) =>
        ExecuteAsync($"delete from role_grant where id = @grant; {Touch}", new { grant, id = from.Id });

    public Task DisableAsync(Tenant tenant) => ExecuteAsync("update subject set disabled_at = now_ms(), epoch = epoch + 1 where id = @id", new { id = tenant.Id });

    /// <summary>Ends a credential, and what was issued for it.</summary>
    public Task RevokeAsync(long credential) =>
        ExecuteAsync("update credential set revoked_at = now_ms() where id = @credential or parent_id = @credential", new { credential });

    public Task ExpireAsync(long credential) => ExecuteAsync("update credential set expires_at = now_ms() - 1 where id = @credential", new { credential });

    public Task MakePublicAsync(string repository) =>
        ExecuteAsync("update repository_name set public = 1 where name = @repository", new { repository });

    /// <summary>Takes the name from a repository, as its removal does: the next push makes another of that name.</summary>
    public Task TakeNameAsync(string repository) => ExecuteAsync(
        "update repository_name set name = @other where name = @repository", new { repository, other = $"gone/{Guid.NewGuid():n}" });

    /// <summary>An open upload session of a subject in a repository, whatever the subject may do; null for nobody's.</summary>
    public async Task<Guid> UploadAsync(string repository, long? subject)
    {
        var id = Guid.NewGuid();
        await ExecuteAsync(
            """
            insert into upload (id, repository_id, algorithm, expires_at, created_at, subject_id)
            select @id, repository_id, 1, now_ms() + 600000, now_ms(), @subject from repository_name where name = @repository
            """,
            new { id = id.ToByteArray(), repository, subject });
        return id;
    }

    public Task RemoveUploadAsync(Guid id) => ExecuteAsync("delete from upload where id = @id", new { id = id.ToByteArray() });

    public async Task<long?> RepositoryAsync(string name)
    {
        await using var session = await Database.ReadAsync(default);
        return await session.FirstAsync<long?>("select repository_id from repository_name where name = @name", new { name });
    }

    /// <summary>A bearer token as the token endpoint would have issued it that long ago to whoever holds the credential.</summary>
    public string IssueAgo(TimeSpan ago, string name, long credential, params IReadOnlyList<TokenAccess> access)
    {
        var issuer = new TokenIssuer(app.Services.GetRequiredService<SigningKeys>(), app.Services.GetRequiredService<TokenOptions>(), new Clock(ago));
        return issuer.Issue(name, credential, access, []).Text;
    }

    /// <summary>A bearer token from the token endpoint; without an account an anonymous one.</summary>
    public async Task<string> TokenAsync(string? authorization, params string[] scopes)
    {
        var query = string.Concat(scopes.Select(scope => $"&scope={Uri.EscapeDataString(scope)}"));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/token?service=registry{query}");
        if (authorization is not null)
        {
            request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);
        }

        using var response = await _http.SendAsync(request);
        return (await OciAssert.JsonAsync(response)).GetProperty("token").GetString()!;
    }

    /// <summary>A client that signs every request.</summary>
    public HttpClient Client(string? authorization)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            BaseAddress = _http.BaseAddress,
            Timeout = Eventually.Guard,
        };
        client.DefaultRequestHeaders.Authorization = authorization is null ? null : AuthenticationHeaderValue.Parse(authorization);
        return client;
    }

    public Task ExecuteAsync(string sql, object parameters) => WriteAsync(session => session.ExecuteAsync(sql, parameters));

    private async Task<Tenant> AddAsync(string name, SubjectKind kind, bool administrator)
    {
        var token = Secrets.Create(kind == SubjectKind.Robot ? Secrets.Robot : Secrets.AccessToken);
        return await WriteAsync(async session =>
        {
            var id = await session.FirstAsync<long>(
                "insert into subject (kind, name, administrator, created_at) values (@kind, @name, @administrator, now_ms()) returning id",
                new { kind = (long)kind, name, administrator = administrator ? 1L : 0L });
            var tokenId = await InsertAsync(session, id, CredentialKind.AccessToken, Secrets.Hash(token));
            var passwordId = kind == SubjectKind.Robot ? 0 : await InsertAsync(session, id, CredentialKind.Password, Hash.Value);
            return new Tenant(id, name, token, tokenId, passwordId);
        });
    }

    private static Task<long> InsertAsync(Session session, long subject, CredentialKind kind, byte[] secret) => session.FirstAsync<long>(
        "insert into credential (subject_id, kind, secret, created_at) values (@subject, @kind, @secret, now_ms()) returning id",
        new { subject, kind = (long)kind, secret });

    private static long? Flag(bool? value) => value is { } set ? (set ? 1 : 0) : null;

    private Task<T> WriteAsync<T>(Func<Session, Task<T>> work) => Database.WriteAsync(work, default);

    private sealed class Clock(TimeSpan behind) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - behind;
    }
}
