using Registry.Storage.Oci;

namespace Registry.Storage.Manifests;

/// <summary>Who changes tags, for the record of events.</summary>
/// <param name="Actor">The user, or null when nobody has to sign in.</param>
/// <param name="Address">The peer's address.</param>
public sealed record Origin(string? Actor, string? Address);

/// <summary>The tags that a push moves.</summary>
/// <param name="Tags">The tags, without repetition.</param>
/// <param name="Condition">What they must be before, or null.</param>
/// <param name="Origin">Who moves them.</param>
/// <param name="Mirrored">Whether an upstream says so, and not a client: then what the manifest names may come later, or never.</param>
public sealed record TagChange(IReadOnlyList<Tag> Tags, TagCondition? Condition, Origin Origin, bool Mirrored = false);
