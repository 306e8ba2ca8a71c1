using Registry.Storage.Oci;

namespace Registry.Auth.Tokens;

/// <summary>
/// The scopes a client asks for, in every form they are sent (distribution's "Token Scope Documentation"): repeated, several in one
/// value, the same name twice, actions in any order. What is malformed is left out: it must not fail the request.
/// </summary>
public static class ScopeList
{
    // A mount asks for two; nobody has a reason to ask for more than a few.
    private const int Max = 100;

    /// <summary>One entry a thing, with all actions that were asked for it.</summary>
    public static IReadOnlyList<TokenAccess> Parse(IEnumerable<string?> values)
    {
        var scopes = new Dictionary<(string Type, string Name), List<string>>();
        foreach (var text in values.SelectMany(value => (value ?? string.Empty).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
        {
            if (TryParse(text, out var key, out var actions) && (scopes.Count < Max || scopes.ContainsKey(key)))
            {
                var known = scopes.TryGetValue(key, out var found) ? found : scopes[key] = [];
                known.AddRange(actions.Except(known));
            }
        }

        return scopes.Select(scope => new TokenAccess(scope.Key.Type, scope.Key.Name, scope.Value)).ToList();
    }

    // type ["(" class ")"] ":" name ":" actions; the name may contain a colon.
    private static bool TryParse(string text, out (string Type, string Name) key, out string[] actions)
    {
        key = default;
        actions = [];
        int first = text.IndexOf(':', StringComparison.Ordinal), last = text.LastIndexOf(':');
        if (first <= 0 || last <= first + 1)
        {
            return false;
        }

        var type = text[..first];
        if (type.EndsWith(')') && type.IndexOf('(', StringComparison.Ordinal) is > 0 and var bracket)
        {
            type = type[..bracket];
        }

        key = (type, text[(first + 1)..last]);
        actions = text[(last + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries).Where(IsAction).Distinct().ToArray();
        return actions.Length > 0 && (type == TokenAccess.Repository ? RepositoryName.TryParse(key.Name, out _) : key == (TokenAccess.Registry, "catalog"));
    }

    // Others are asked for by clients of other registries ("metadata_read"), and mean nothing here.
    private static bool IsAction(string action) => action is "pull" or "push" or "delete" or "*" or "search";
}
