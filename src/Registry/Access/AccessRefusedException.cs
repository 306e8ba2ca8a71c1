using Registry.Auth;
using Registry.Auth.Permissions;

namespace Registry.Access;

/// <summary>A request that may not go on; <see cref="Refusal"/> writes its answer.</summary>
internal sealed class AccessRefusedException(Verdict verdict, Identity identity) : Exception(verdict.ToString())
{
    /// <summary>Which answer.</summary>
    public Verdict Verdict { get; } = verdict;

    /// <summary>Who asked.</summary>
    public Identity Identity { get; } = identity;
}
