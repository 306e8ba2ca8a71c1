namespace Registry.Auth.Tokens;

/// <summary>One entry of a token's <c>access</c> claim: what may be done with one thing.</summary>
/// <param name="Type"><c>repository</c> or <c>registry</c>.</param>
/// <param name="Name">The repository, or <c>catalog</c>.</param>
/// <param name="Actions"><c>pull</c>, <c>push</c>, <c>delete</c>; <c>*</c> is every action.</param>
/// <param name="Id">The row of the repository when the token was issued; null where there was none.</param>
public sealed record TokenAccess(string Type, string Name, IReadOnlyList<string> Actions, long? Id = null)
{
    /// <summary>The type of repositories.</summary>
    public const string Repository = "repository";

    /// <summary>The type of the registry's own lists.</summary>
    public const string Registry = "registry";

    /// <summary>Whether the action is among those named.</summary>
    public bool Has(string action) => Actions.Contains(action) || Actions.Contains("*");
}
