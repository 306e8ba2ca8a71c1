using Registry.Storage.Oci;

namespace Registry.Storage.Manifests;

/// <summary>What a tag must be for a push to move it (RFC 9110, 13.1): compare-and-set.</summary>
/// <param name="Absent">The tag must not exist (<c>If-None-Match: *</c>).</param>
/// <param name="Present">The tag must exist (<c>If-Match: *</c>).</param>
/// <param name="OneOf">The digests it may point to (<c>If-Match</c>); empty for any.</param>
public sealed record TagCondition(bool Absent, bool Present, IReadOnlyList<Digest> OneOf)
{
    /// <summary>Whether a tag that points to <paramref name="current"/> (null: does not exist) may be moved.</summary>
    public bool Allows(Digest? current) =>
        current is { } digest ? !Absent && (OneOf.Count == 0 || OneOf.Contains(digest)) : !Present && OneOf.Count == 0;
}
