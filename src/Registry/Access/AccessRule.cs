namespace Registry.Access;

/// <summary>What an endpoint lets a caller do.</summary>
internal enum Permission
{
    /// <summary>Ask whether the process is well, or how to sign in; open to everyone.</summary>
    Probe,

    /// <summary>Ask whether this is a registry, and whether one is signed in.</summary>
    Ping,

    /// <summary>Read a repository.</summary>
    Pull,

    /// <summary>Write to a repository.</summary>
    Push,

    /// <summary>Go on with an upload session of one's own.</summary>
    Upload,

    /// <summary>Remove from a repository.</summary>
    Delete,

    /// <summary>List repositories.</summary>
    List,

    /// <summary>Read figures about the process.</summary>
    Measure,

    /// <summary>Sign in: the endpoint itself looks at the credentials.</summary>
    SignIn,

    /// <summary>Use the management API: the endpoint itself asks what the caller may do.</summary>
    Manage,
}

/// <summary>The declaration every endpoint must carry. One without it stops the start.</summary>
internal sealed record AccessRule(Permission Permission)
{
    /// <summary>Whether the endpoint changes something in a repository.</summary>
    public bool Writes => Permission is Permission.Push or Permission.Upload or Permission.Delete;

    /// <summary>Whether the answering statement decides, see <see cref="RepositoryAsker"/>.</summary>
    public bool IsOfRepository => Permission is Permission.Pull or Permission.Push or Permission.Upload or Permission.Delete or Permission.List;
}
