namespace Registry.Storage;

/// <summary>A moment on the way to disk at which a test can have the process die (docs/reliability.md).</summary>
public enum FaultPoint
{
    /// <summary>An object's file is there, and nothing in it.</summary>
    ObjectCreated,

    /// <summary>The bytes of an object are written and not yet synced.</summary>
    BeforeFileSync,

    /// <summary>The bytes of an object are on disk, no row says so.</summary>
    AfterFileSync,

    /// <summary>A name in a folder is not yet on disk.</summary>
    BeforeFolderSync,

    /// <summary>Bytes and name are on disk, no row says so.</summary>
    AfterFolderSync,

    /// <summary>A transaction has made all its changes and is about to commit.</summary>
    BeforeCommit,

    /// <summary>A transaction is committed, and nobody has been told.</summary>
    AfterCommit,

    /// <summary>The file of a condemned object is about to be removed.</summary>
    BeforeRemoval,

    /// <summary>The file of a condemned object is removed, its row is still there.</summary>
    AfterRemoval,
}
