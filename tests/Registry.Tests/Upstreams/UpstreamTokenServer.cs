using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Registry.Tests.Upstreams;

/// <summary>Who may ask a <see cref="HostileUpstream"/>, and its token endpoint at <c>/token</c>. At first everyone may.</summary>
public sealed class UpstreamTokenServer
{
    private readonly ConcurrentDictionary<string, string> _tokens = new();
    private int _issued;

    /// <summary>The challenge of a 401; each line is a header of its own. None: everyone may ask.</summary>
    public IReadOnlyList<string> Challenges { get; set; } = [];

    /// <summary>Names and passwords. Without any, everyone gets a token.</summary>
    public Dictionary<string, string> Users { get; } = [];

    /// <summary>Whether those who do not sign in get a token, too.</summary>
    public bool Anonymous { get; set; } = true;

    /// <summary>The repositories that nobody may see.</summary>
    public HashSet<string> Hidden { get; } = [];

    /// <summary>What a token says of its time, in seconds.</summary>
    public string? ExpiresIn { get; set; } = "300";

    /// <summary>The member of the answer that has the token.</summary>
    public string Member { get; set; } = "token";

    /// <summary>Answered instead of a token.</summary>
    public HttpStatusCode? Status { get; set; }

    /// <summary>Answers at the token endpoint wait for it.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>How many tokens were given out.</summary>
    public int Issued => Volatile.Read(ref _issued);

    /// <summary>Wants a token of the token endpoint at an address.</summary>
    public void Demand(Uri address) => Challenges = [$"Bearer realm=\"{address}token\",service=\"hostile\""];

    /// <summary>No token that was given out is accepted any more.</summary>
    public void Revoke() => _tokens.Clear();

    internal async Task AnswerAsync(HttpContext context)
    {
        await (Gate?.Task ?? Task.CompletedTask);
        var user = UserOf(context.Request);
        if (Status is { } status)
        {
            context.Response.StatusCode = (int)status;
        }
        else if (user is null ? !Anonymous : user.Length == 0)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        }
        else
        {
            var token = $"token-{Interlocked.Increment(ref _issued)}";
            _tokens[token] = context.Request.Query["scope"].ToString();
            var expiry = ExpiresIn is null ? "" : $",\"expires_in\":{ExpiresIn}";
            await context.Response.WriteAsync($"{{\"{Member}\":\"{token}\"{expiry}}}");
        }
    }

    internal bool Allows(HttpContext context, string repository)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        if (Challenges.Count == 0 || (IsKnown(authorization, context, repository) && !Hidden.Contains(repository)))
        {
            return true;
        }

        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = Challenges.ToArray();
        return false;
    }

    private bool IsKnown(string authorization, HttpContext context, string repository) =>
        authorization.StartsWith("Bearer ", StringComparison.Ordinal)
            ? _tokens.TryGetValue(authorization[7..], out var scope) && scope == $"repository:{repository}:pull"
            : UserOf(context.Request) is { Length: > 0 };

    // Empty when name and password do not fit, null when there are none.
    private string? UserOf(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (!authorization.StartsWith("Basic ", StringComparison.Ordinal))
        {
            return null;
        }

        var parts = Encoding.UTF8.GetString(Convert.FromBase64String(authorization[6..])).Split(':', 2);
        return Users.TryGetValue(parts[0], out var password) && password == parts[1] ? parts[0] : "";
    }
}
