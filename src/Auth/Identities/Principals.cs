using Registry.Auth.Permissions;
using Registry.Auth.Tokens;
using Registry.Storage.Metadata;

namespace Registry.Auth.Identities;

/// <summary>
/// Principals by their credentials. What is remembered is true of one epoch of the subject; whether that is still the current one
/// is asked by every statement that answers a request, so nothing here has to be forgotten in time.
/// </summary>
public sealed class Principals(Database database)
{
    private readonly Generations<long, Principal> remembered = new(10_000);
    private readonly Generations<string, long> tokens = new(10_000);

    /// <summary>Whether no user existed when somebody last asked for something without a credential.</summary>
    public bool LooksOpen { get; set; } = true;

    /// <summary>The subject of a credential as it was lately; null when the credential does not hold.</summary>
    public async ValueTask<Principal?> FindAsync(long credential, CancellationToken cancellationToken)
    {
        if (remembered.TryGet(credential, out var principal))
        {
            return principal;
        }

        await using var session = await database.ReadAsync(cancellationToken);
        return await ReadAsync(session, credential);
    }

    /// <summary>The subject of an access token or a robot's secret as it was lately; null when there is no such token.</summary>
    public async ValueTask<Principal?> FindByTokenAsync(string token, CancellationToken cancellationToken)
    {
        var secret = Secrets.Hash(token);
        var key = Convert.ToHexString(secret);
        if (!tokens.TryGet(key, out var credential))
        {
            await using var session = await database.ReadAsync(cancellationToken);
            var found = await session.FirstAsync<long?>(
                "select id from credential where secret = @secret and kind = 2 and revoked_at is null", new { secret });
            if (found is null)
            {
                return null;
            }

            // A secret never comes to mean another row.
            tokens.Set(key, credential = found.Value);
        }

        return await FindAsync(credential, cancellationToken);
    }

    /// <summary>The subject as it is now; null when the credential does not hold any more.</summary>
    public async Task<Principal?> ReadAsync(Session session, long credential)
    {
        var row = await session.FirstAsync<SubjectRow>(
            """
            select c.limits as Limits, s.id as Id, s.kind as Kind, s.name as Name, s.epoch as Epoch, s.administrator as Administrator
            from credential c join subject s on s.id = c.subject_id
            where c.id = @credential and c.revoked_at is null and (c.expires_at is null or c.expires_at > now_ms()) and s.disabled_at is null
            """,
            new { credential });
        if (row is null)
        {
            remembered.Remove(credential);
            return null;
        }

        // The epoch was read first: grants that are newer than it are read once more, older ones are never kept.
        var grants = await ReadGrantsAsync(session, row.Id);
        var limits = row.Limits is null ? null : CredentialLimits.Parse(row.Limits).Grants;
        var kind = row.Kind == (long)SubjectKind.Robot ? PrincipalKind.Robot : PrincipalKind.User;
        var principal = new Principal(kind, row.Name, row.Id, credential, row.Epoch, row.Administrator == 1, grants, limits);
        remembered.Set(credential, principal);
        return principal;
    }

    private static async Task<GrantSet> ReadGrantsAsync(Session session, long subject)
    {
        var rows = await session.QueryAsync<GrantRow>(
            """
            select s.name as Namespace, n.name as Repository, g.prefix as Prefix, g.role as Role, g.overwrite as Overwrite, g.removal as Removal
            from role_grant g
            left join namespace s on s.id = g.namespace_id
            left join repository_name n on n.repository_id = g.repository_id
            where g.subject_id = @subject or g.team_id in (select team_id from team_member where subject_id = @subject)
            """,
            new { subject });
        return new GrantSet(
            from row in rows
            let names = row.Pattern
            where names is not null
            select new Grant(names.Value, (Role)row.Role, Flag(row.Overwrite), Flag(row.Removal)));
    }

    private static bool? Flag(long? value) => value is { } number ? number != 0 : null;

    private sealed record SubjectRow(string? Limits, long Id, long Kind, string Name, long Epoch, long Administrator);

    private sealed record GrantRow(string? Namespace, string? Repository, string? Prefix, long Role, long? Overwrite, long? Removal)
    {
        public NamePattern? Pattern =>
            Namespace is not null ? NamePattern.Namespace(Namespace)
            : Repository is not null ? NamePattern.Repository(Repository)
            : Prefix is not null ? NamePattern.Prefix(Prefix)
            : null;
    }
}
