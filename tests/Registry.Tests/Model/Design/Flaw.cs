namespace Registry.Tests.Model.Design;

/// <summary>What could be wrong with the order of the statements. Each of these has been somebody's design.</summary>
public enum Flaw
{
    None,

    /// <summary>The push of a manifest does not lock the blobs it names.</summary>
    PutWithoutLock,

    /// <summary>The push of a manifest locks the blob and looks for its link in one statement, which sees the past if it had to wait.</summary>
    PutLooksWhileItLocks,

    /// <summary>Collection looks for links and manifests in the statement that locks the blob: DELETE … WHERE NOT EXISTS.</summary>
    ReviewLooksWhileItLocks,

    /// <summary>Collection does not ask whether an event has renewed its task.</summary>
    ReviewWithoutVersion,

    /// <summary>Collection takes links away although their lease runs.</summary>
    LinksWithoutLease,

    /// <summary>Collection removes the bytes before the rows are committed.</summary>
    BytesBeforeRows,

    /// <summary>An object's key is its digest, so that it is used again.</summary>
    KeyIsDigest,

    /// <summary>An object has no row before its bytes are on the disk.</summary>
    BytesBeforeIntent,

    /// <summary>The object of a cancelled upload is removed once, whatever its writer does.</summary>
    RemovedOnce,

    /// <summary>A worker that has removed bytes for the first time, as another has too, takes this for the last time.</summary>
    LastRemovalEarly,

    /// <summary>Who pushes a blob that is there already leaves the new object behind.</summary>
    SecondObjectForgotten,
}
