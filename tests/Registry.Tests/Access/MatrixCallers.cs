using Registry.Auth.Permissions;
using Registry.Auth.Tokens;

namespace Registry.Tests.Access;

/// <summary>The callers of the matrix, and what each shows in each scheme.</summary>
internal sealed class MatrixCallers
{
    private readonly Tenants _tenants;
    private readonly Dictionary<string, Tenant> _subjects = [];
    private readonly Dictionary<(string Caller, string Scope), string> _tokens = [];

    private MatrixCallers(Tenants tenants) => _tenants = tenants;

    public Tenant Administrator => _subjects["administrator"];

    /// <summary>Somebody who is none of the callers.</summary>
    public Tenant Another => _subjects["another"];

    public static async Task<MatrixCallers> CreateAsync(Tenants tenants)
    {
        var callers = new MatrixCallers(tenants);
        callers._subjects["administrator"] = await tenants.UserAsync("administrator", administrator: true);
        callers._subjects["another"] = await tenants.UserAsync("another", Role.Owner, "acme/*");
        callers._subjects["stranger"] = await tenants.UserAsync("stranger", Role.Owner, "acme2/*");
        callers._subjects["robot"] = await tenants.RobotAsync("acme+robot");
        await tenants.GrantAsync(callers._subjects["robot"], Role.Writer, "acme/*");
        foreach (var (name, role) in new[]
        {
            ("reader", Role.Reader), ("writer", Role.Writer), ("maintainer", Role.Maintainer), ("owner", Role.Owner),
            ("expired", Role.Owner), ("lapsed", Role.Owner), ("disabled", Role.Owner),
        })
        {
            callers._subjects[name] = await tenants.UserAsync(name, role, "acme/*");
        }

        await tenants.ExpireAsync(callers._subjects["expired"].TokenId);
        await tenants.DisableAsync(callers._subjects["disabled"]);
        return callers;
    }

    /// <summary>The ways in which a caller comes. Wrong passwords are counted, so that somebody disabled brings none.</summary>
    public static string[] SchemesOf(string caller) => caller switch
    {
        "nobody" => ["none"],
        "anonymous" => ["bearer", "unasked"],
        "lapsed" => ["bearer"],
        "expired" => ["basic token", "token"],
        "disabled" => ["bearer", "basic token", "token"],
        "robot" => ["bearer", "basic token", "token", "unasked"],
        _ => ["bearer", "password", "basic token", "token", "unasked"],
    };

    /// <summary>Those who have a certificate.</summary>
    public static bool HasCertificate(string caller) => caller is not ("nobody" or "anonymous" or "robot" or "expired" or "lapsed");

    public long? SubjectOf(string caller) => _subjects.TryGetValue(caller, out var tenant) ? tenant.Id : null;

    /// <summary>The Authorization header.</summary>
    /// <param name="caller">Who.</param>
    /// <param name="scheme">How.</param>
    /// <param name="scope">What the request needs; null for none.</param>
    public async Task<string?> AuthorizationAsync(string caller, string scheme, string? scope)
    {
        var tenant = _subjects.GetValueOrDefault(caller);
        return scheme switch
        {
            "none" or "certificate" => null,
            "password" => tenant!.ByPassword,
            "basic token" => tenant!.ByToken,
            "token" => $"Bearer {tenant!.Token}",
            "limited" => $"Bearer {await LimitedAsync(caller, tenant!)}",
            "unasked" => $"Bearer {await BearerAsync(caller, tenant, "repository:acme/elsewhere:pull,push,delete")}",
            _ => $"Bearer {await BearerAsync(caller, tenant, scope)}",
        };
    }

    // An access token for pulls alone.
    private async Task<string> LimitedAsync(string caller, Tenant tenant)
    {
        var key = (caller, "limited");
        return _tokens.TryGetValue(key, out var token) ? token : _tokens[key] = await _tenants.LimitedTokenAsync(tenant);
    }

    private async Task<string> BearerAsync(string caller, Tenant? tenant, string? scope)
    {
        var key = (caller, scope ?? string.Empty);
        if (!_tokens.TryGetValue(key, out var token))
        {
            token = caller switch
            {
                "lapsed" => await IssueAsync(tenant!, scope, TimeSpan.FromMinutes(10)),
                "disabled" => await IssueAsync(tenant!, scope, TimeSpan.FromMinutes(1)),
                _ => await _tenants.TokenAsync(tenant?.ByToken, scope is null ? [] : [scope]),
            };
            _tokens[key] = token;
        }

        return token;
    }

    // What the token endpoint gave when everything was still well.
    private async Task<string> IssueAsync(Tenant tenant, string? scope, TimeSpan ago)
    {
        var access = scope?.Split(':') is [var type, var name, var actions]
            ? [new TokenAccess(type, name, actions.Split(','), await _tenants.RepositoryAsync(name))]
            : Array.Empty<TokenAccess>();
        return _tenants.IssueAgo(ago, tenant.Name, tenant.PasswordId, access);
    }
}
