using Registry.Auth.Tokens;

namespace Registry.Auth.Permissions;

/// <summary>What the <c>access</c> of a trusted token server's token means here: the server has decided, the token is the grant.</summary>
public static class TokenGrants
{
    /// <summary>The entries for repositories as grants.</summary>
    public static GrantSet Of(IReadOnlyList<TokenAccess> access) => new(access.SelectMany(Rights));

    private static IEnumerable<(NamePattern Names, Right Rights)> Rights(TokenAccess entry)
    {
        if (entry.Type == TokenAccess.Repository && !entry.Name.EndsWith('*') && NamePattern.TryParse(entry.Name, out var name))
        {
            yield return (name, entry.Actions.Aggregate(Right.None, (rights, action) => rights | RightsOf(action)));
        }
    }

    private static Right RightsOf(string action) => action switch
    {
        "pull" => Right.Pull,
        "push" => Right.Pull | Right.Push | Right.Create | Right.Overwrite,
        "delete" => Right.Delete,
        "*" => Right.All & ~Right.Manage,
        _ => Right.None,
    };
}
