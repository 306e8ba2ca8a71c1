namespace Registry.Access;

/// <summary>What an endpoint lets a caller do.</summary>
internal enum Permission
{
    /// <summary>Ask whether the process is well; open to everyone.</summary>
    Probe,

    /// <summary>Ask whether this is a registry.</summary>
    Ping,

    /// <summary>Read a repository.</summary>
    Pull,

    /// <summary>Write to a repository.</summary>
    Push,

    /// <summary>Remove from a repository.</summary>
    Delete,

    /// <summary>List repositories.</summary>
    List,

    /// <summary>Read figures about the process.</summary>
    Measure,
}

/// <summary>The declaration every endpoint must carry. One without it stops the start.</summary>
internal sealed record AccessRule(Permission Permission)
{
    /// <summary>Whether the endpoint changes something.</summary>
    public bool Writes => Permission is Permission.Push or Permission.Delete;
}
