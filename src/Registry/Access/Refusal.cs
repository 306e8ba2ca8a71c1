using Registry.Auth;
using Registry.Auth.Audit;
using Registry.Auth.Permissions;
using Registry.Auth.Tokens;
using Registry.Edge;
using Registry.Protocol;
using Registry.Storage.Oci;
using Registry.Tokens;

namespace Registry.Access;

/// <summary>
/// The answers to requests that may not go on. Each is the same whether the thing is missing or hidden, and clients act on the
/// difference between them: 401 makes them fetch a token, 403 and 404 make them stop and show the text.
/// </summary>
internal sealed class Refusal(PublicAddress address, TokenOptions tokens, AuditLog audit)
{
    public Task WriteAsync(HttpContext http, AccessRefusedException refused)
    {
        var permission = http.GetEndpoint()?.Metadata.GetMetadata<AccessRule>()?.Permission ?? Permission.Ping;
        var (verdict, identity) = (refused.Verdict, refused.Identity);
        Record(http, verdict, identity, permission);
        if (verdict is Verdict.SignIn or Verdict.Insufficient && identity.Problem == CredentialProblem.TooMany)
        {
            http.Response.Headers.RetryAfter = $"{Math.Max(1, (int)Math.Ceiling(identity.RetryAfter.TotalSeconds))}";
            return ErrorEnvelope.WriteAsync(http, OciError.TooManyRequests);
        }

        if (permission == Permission.Upload && verdict is Verdict.SignIn or Verdict.Hidden)
        {
            // Never 401 within an upload: clients cannot repeat what they have sent.
            return ErrorEnvelope.WriteAsync(http, OciError.BlobUploadUnknown, null, RepositoryPath.Of(http).Last);
        }

        return verdict switch
        {
            Verdict.Hidden => ErrorEnvelope.WriteAsync(http, OciError.NameUnknown, null, RepositoryPath.Of(http).Name.Value),
            Verdict.Denied => ErrorEnvelope.WriteAsync(http, OciError.Denied, Sentence(http, permission, identity.Principal), Details(http)),
            _ => ChallengeAsync(http, permission, identity, verdict),
        };
    }

    // A challenge is no denial: it is how every client begins. What failed is credentials that were typed in or configured.
    private void Record(HttpContext http, Verdict verdict, Identity identity, Permission permission)
    {
        var from = http.Connection.RemoteIpAddress?.ToString();
        if (verdict is Verdict.Hidden or Verdict.Denied && identity.Principal.IsKnown)
        {
            audit.Record(new AuditEvent(
                identity.Principal.Name, from, $"repository.{permission}".ToLowerInvariant(), RepositoryPath.Of(http).Name.Value, AuditEvent.Refused));
        }
        else if (identity.Problem != CredentialProblem.None && (identity.Claimed is not null || permission == Permission.SignIn))
        {
            audit.Record(new AuditEvent(identity.Claimed, from, "sign-in", null, AuditEvent.Refused));
        }
    }

    private Task ChallengeAsync(HttpContext http, Permission permission, Identity identity, Verdict verdict)
    {
        http.Response.Headers.WWWAuthenticate = permission is Permission.SignIn or Permission.Manage
            ? "Basic realm=\"registry\", charset=\"UTF-8\""
            : Bearer(http, permission, ErrorOf(identity, verdict));
        var message = identity.Problem == CredentialProblem.Invalid ? "the credentials are wrong, have expired or were revoked" : null;
        return ErrorEnvelope.WriteAsync(http, OciError.Unauthorized, message);
    }

    // One header, one challenge, every value in quotes: some clients read no further, or no less.
    private string Bearer(HttpContext http, Permission permission, string? error)
    {
        var scope = ScopeOf(http, permission);
        return $"Bearer realm=\"{tokens.Realm ?? address.Of(http) + TokenEndpoints.Path}\",service=\"{tokens.Service}\""
            + (scope is null ? string.Empty : $",scope=\"{scope}\"")
            + (error is null ? string.Empty : $",error=\"{error}\"");
    }

    private static string? ErrorOf(Identity identity, Verdict verdict) =>
        identity.Problem != CredentialProblem.None || identity.Token is { IsExpired: true } ? "invalid_token"
        : verdict == Verdict.Insufficient || identity.Token is not null ? "insufficient_scope"
        : null;

    private static string? ScopeOf(HttpContext http, Permission permission) => permission switch
    {
        Permission.Pull => $"repository:{RepositoryPath.Of(http).Name}:pull",
        Permission.Push => $"repository:{RepositoryPath.Of(http).Name}:pull,push" + SourceOf(http),
        Permission.Delete => $"repository:{RepositoryPath.Of(http).Name}:delete",
        Permission.List => "registry:catalog:*",
        _ => null,
    };

    // A mount needs a token for its source as well.
    private static string SourceOf(HttpContext http) =>
        RepositoryName.TryParse(http.Request.Query["from"], out var source) ? $" repository:{source}:pull" : string.Empty;

    private static string Sentence(HttpContext http, Permission permission, Principal principal)
    {
        var what = permission == Permission.Delete ? "delete from" : "push to";
        return $"{principal.Name} may not {what} {RepositoryPath.Of(http).Name}";
    }

    private static string[] Details(HttpContext http) => [RepositoryPath.Of(http).Name.Value];
}
