using Registry.Auth;
using Registry.Auth.Audit;
using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Configuration;
using Registry.Mirror;
using Registry.Protocol;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Access;

/// <summary>
/// Finds out who asks, and decides what no repository is needed for. Requests for a repository are decided by the statement that
/// answers them: see <see cref="RepositoryAsker"/>.
/// </summary>
internal sealed class AccessMiddleware(
    RequestDelegate next,
    RegistryOptions options,
    Authentication authentication,
    Policy policy,
    Principals principals,
    Database database,
    AuditLog audit)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var rule = http.GetEndpoint()?.Metadata.GetMetadata<AccessRule>();
        if (rule is null or { Permission: Permission.Probe or Permission.SignIn })
        {
            await next(http);
            return;
        }

        if (options.ReadOnly && rule.Writes)
        {
            await ErrorEnvelope.WriteAsync(http, OciError.Unsupported, "the registry is read-only at the moment");
            return;
        }

        var door = Door.Of(http);
        if (door is { IsOpen: true } && rule.Permission == Permission.Ping)
        {
            await next(http);
            return;
        }

        var identity = door is { IsOpen: true } ? Identity.Anonymous : await authentication.IdentifyAsync(http);
        if (identity.IsNew)
        {
            // The token endpoint has its own record of each.
            audit.Record(new AuditEvent(identity.Principal.Name, http.Connection.RemoteIpAddress?.ToString(), "sign-in", null));
        }

        if (rule.IsOfRepository)
        {
            http.Features.Set(new RepositoryAsker(http, identity, rule.Permission, policy, principals, options.Open));
        }
        else
        {
            http.Features.Set(await AdmitAsync(http, identity, rule.Permission));
        }

        await next(http);
    }

    private async Task<Caller> AdmitAsync(HttpContext http, Identity identity, Permission permission)
    {
        await using var session = await database.ReadAsync(http.RequestAborted);
        var standing = await RepositoryFacts.StandingAsync(session, identity.Principal.Credential);
        if (Policy.IsChanged(identity.Principal, standing) && standing is not null)
        {
            var principal = await principals.ReadAsync(session, identity.Principal.Credential);
            identity = principal is null ? Identity.Invalid : identity with { Principal = principal };
        }

        var verdict = permission switch
        {
            Permission.Manage => Policy.DecideManage(identity, standing),
            Permission.Measure => policy.DecideMeasure(identity, standing),
            _ => policy.DecideKnown(identity, standing),
        };
        if (verdict == Verdict.Open)
        {
            OpenCaller.Admit(http, options.Open);
        }
        else if (verdict != Verdict.Allowed)
        {
            throw new AccessRefusedException(verdict, identity);
        }

        return new Caller(identity, verdict == Verdict.Open);
    }
}
