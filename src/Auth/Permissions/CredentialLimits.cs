using System.Text.Json;

namespace Registry.Auth.Permissions;

/// <summary>What an access token may be used for, of all that its subject may do.</summary>
/// <param name="Entries">Names with the actions on them: <c>pull</c>, <c>push</c>, <c>delete</c>.</param>
public sealed record CredentialLimits(IReadOnlyList<CredentialLimits.Entry> Entries)
{
    /// <summary>One row of the limits.</summary>
    /// <param name="Names">A pattern, see <see cref="NamePattern"/>.</param>
    /// <param name="Actions">What is allowed there.</param>
    public sealed record Entry(string Names, IReadOnlyList<string> Actions);

    /// <summary>The actions that can be named.</summary>
    public static IReadOnlyList<string> Actions { get; } = ["pull", "push", "delete"];

    /// <summary>The limits as rights.</summary>
    public GrantSet Grants => new(Entries
        .Where(entry => NamePattern.TryParse(entry.Names, out _))
        .Select(entry => (NamePattern.TryParse(entry.Names, out var names) ? names : default, RightsOf(entry.Actions))));

    /// <summary>Reads the column <c>credential.limits</c>.</summary>
    public static CredentialLimits Parse(string json) => new(JsonSerializer.Deserialize<List<Entry>>(json, JsonSerializerOptions.Web) ?? []);

    /// <summary>Writes the column <c>credential.limits</c>.</summary>
    public string Format() => JsonSerializer.Serialize(Entries, JsonSerializerOptions.Web);

    private static Right RightsOf(IReadOnlyList<string> actions) => actions.Aggregate(Right.None, (rights, action) => rights | action switch
    {
        "pull" => Right.Pull,
        "push" => Right.Pull | Right.Push | Right.Create | Right.Overwrite,
        "delete" => Right.Delete,
        _ => Right.None,
    });
}
