namespace Registry.Auth.Identities;

/// <summary>What a row of <c>subject</c> is. Never read from a name (anybody can choose a name).</summary>
public enum SubjectKind
{
    /// <summary>A person.</summary>
    User = 1,

    /// <summary>A machine, which belongs to a namespace.</summary>
    Robot = 2,
}
