namespace Registry.Auth.Permissions;

/// <summary>What can be done with a repository.</summary>
[Flags]
public enum Right
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Read manifests, blobs, tags and referrers.</summary>
    Pull = 1,

    /// <summary>Upload blobs, store manifests, make tags.</summary>
    Push = 2,

    /// <summary>Make the repository by a first push.</summary>
    Create = 4,

    /// <summary>Move a tag that exists to another manifest.</summary>
    Overwrite = 8,

    /// <summary>Remove tags, manifests and blobs.</summary>
    Delete = 16,

    /// <summary>Decide who else may do what, and remove the repository.</summary>
    Manage = 32,

    /// <summary>Everything.</summary>
    All = Pull | Push | Create | Overwrite | Delete | Manage,
}
