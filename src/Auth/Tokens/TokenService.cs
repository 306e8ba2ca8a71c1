using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Storage.Metadata;
using Registry.Storage.Repositories;

namespace Registry.Auth.Tokens;

/// <summary>
/// Issues bearer tokens: of what is asked for, they allow what the principal may do, and remember the rest, so that the registry
/// can tell "asked and refused" from "did not ask".
/// </summary>
public sealed class TokenService(Database database, TokenIssuer issuer, Policy policy, Principals principals)
{
    /// <summary>A token for the principal; null when its credential does not hold any more.</summary>
    /// <param name="principal">Who asks; anonymous tokens allow what everybody may pull.</param>
    /// <param name="scopes">What is asked for.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public async Task<IssuedToken?> IssueAsync(Principal principal, IReadOnlyList<TokenAccess> scopes, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var standing = await RepositoryFacts.StandingAsync(session, principal.Credential);
        if (Policy.IsChanged(principal, standing))
        {
            if (await principals.ReadAsync(session, principal.Credential) is not { } current)
            {
                return null;
            }

            principal = current;
        }

        var facts = await ReadAsync(session, scopes);
        var granted = new List<TokenAccess>();
        var refused = new List<TokenAccess>();
        foreach (var scope in scopes)
        {
            var actions = Granted(principal, scope, facts.GetValueOrDefault(scope.Name));
            if (actions.Count > 0)
            {
                granted.Add(scope with { Actions = actions, Id = facts.GetValueOrDefault(scope.Name)?.Id });
            }

            var rest = actions.Contains("*") ? [] : scope.Actions.Except(actions).ToList();
            if (rest.Count > 0)
            {
                refused.Add(scope with { Actions = rest });
            }
        }

        return issuer.Issue(principal.Name, principal.Credential == 0 ? null : principal.Credential, granted, refused);
    }

    private List<string> Granted(Principal principal, TokenAccess scope, Row? facts)
    {
        if (scope.Type == TokenAccess.Registry)
        {
            // Lists show what the principal may pull, so that asking for them is everybody's right.
            return principal.IsKnown || policy.AnonymousPull ? [.. scope.Actions] : [];
        }

        var rights = principal.On(scope.Name);
        var held = new List<string>();
        if (rights.HasFlag(Right.Pull) || (facts is { Public: 1 } && (principal.IsKnown || policy.AnonymousPull)))
        {
            held.Add("pull");
        }

        if (rights.HasFlag(facts is null ? Right.Push | Right.Create : Right.Push))
        {
            held.Add("push");
        }

        if (rights.HasFlag(Right.Delete))
        {
            held.Add("delete");
        }

        return !scope.Actions.Contains("*") ? held.Intersect(scope.Actions).ToList()
            : held.Count == 3 ? ["*"]
            : held;
    }

    private async Task<Dictionary<string, Row>> ReadAsync(Session session, IReadOnlyList<TokenAccess> scopes)
    {
        var names = scopes.Where(scope => scope.Type == TokenAccess.Repository).Select(scope => scope.Name).ToArray();
        if (names.Length == 0)
        {
            return [];
        }

        var rows = await session.QueryAsync<Row>(
            $"""
            select name as Name, repository_id as Id, public as Public from repository_name
            where {database.Dialect.In("name", "@names")}
            """,
            new { names });
        return rows.ToDictionary(row => row.Name);
    }

    private sealed record Row(string Name, long Id, long Public);
}
