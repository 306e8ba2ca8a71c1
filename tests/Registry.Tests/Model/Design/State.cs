namespace Registry.Tests.Model.Design;

/// <summary>
/// What there is of one digest in the database, on the disk and in the hands of those who work on it. Sets are bits: 1 is the
/// object, the repository or the manifest that was there first; each pusher has one of its own.
/// </summary>
internal readonly record struct State
{
    public const byte None = 0;
    public const byte Waiting = 1;
    public const byte Due = 2;

    /// <summary>The blob's row: the object it points to, or none.</summary>
    public byte Blob { get; init; }

    /// <summary>Repositories that show the blob, and those of them with a running lease.</summary>
    public byte Links { get; init; }

    public byte Leases { get; init; }

    /// <summary>Manifests whose rows name the blob, and the deleted among them.</summary>
    public byte Manifests { get; init; }

    public byte Deleted { get; init; }

    /// <summary>Objects by state; what is condemned is removed once more, or twice.</summary>
    public byte Writing { get; init; }

    public byte Live { get; init; }

    public byte RemoveOnce { get; init; }

    public byte RemoveTwice { get; init; }

    /// <summary>Objects with bytes on the disk, and those that a removal may hit once more, late.</summary>
    public byte Disk { get; init; }

    public byte Late { get; init; }

    /// <summary>The tasks of the first manifest and of the blob.</summary>
    public byte ManifestTask { get; init; }

    public byte BlobTask { get; init; }

    /// <summary>Who holds the blob's row: for key share (bits), for a change of its content, for update.</summary>
    public byte Sharing { get; init; }

    public byte Changing { get; init; }

    public byte Updating { get; init; }

    public Actor One { get; init; }

    public Actor Two { get; init; }

    public Actor Deleter { get; init; }

    public Actor First { get; init; }

    public Actor Second { get; init; }

    /// <summary>Somebody has deleted the blob itself from the first repository.</summary>
    public bool BlobDeleted { get; init; }

    /// <summary>A promise was broken; a foreign key had to refuse.</summary>
    public bool Broken { get; init; }

    public bool Refused { get; init; }

    public byte Visible => (byte)(Manifests & ~Deleted);

    public Actor this[byte who] => who switch { 1 => One, 2 => Two, 4 => Deleter, 8 => First, _ => Second };

    public State With(byte who, Actor actor) => who switch
    {
        1 => this with { One = actor },
        2 => this with { Two = actor },
        4 => this with { Deleter = actor },
        8 => this with { First = actor },
        _ => this with { Second = actor },
    };

    /// <summary>The locks of a transaction end with it.</summary>
    public State Unlock(byte who) => this with
    {
        Sharing = (byte)(Sharing & ~who),
        Changing = Changing == who ? None : Changing,
        Updating = Updating == who ? None : Updating,
    };

    /// <summary>An event that collection has to look at after a while: whoever has read the task before is out of date.</summary>
    public State Enqueue(byte task) => this with
    {
        BlobTask = BlobTask == Waiting ? Waiting : task,
        First = First.Outdate(),
        Second = Second.Outdate(),
    };
}

/// <summary>Where one of them stands in its program, and what it has read.</summary>
internal readonly record struct Actor
{
    public Step At { get; init; }

    /// <summary>The object or links it works on, or what it saw before it had to wait.</summary>
    public byte Seen { get; init; }

    /// <summary>The task it has read is no longer the newest, or the removal not the last.</summary>
    public bool Stale { get; init; }

    /// <summary>It was told that the blob is there.</summary>
    public bool Promised { get; init; }

    public Actor Outdate() => At is >= Step.ReviewLock and <= Step.ReviewRemove ? this with { Stale = true } : this;
}

/// <summary>The next thing one of them does. Each is one statement, or the commit with all that the transaction has written.</summary>
internal enum Step : byte
{
    Begin,
    ExtendLock,
    ExtendCommit,
    MountLock,
    MountLook,
    MountCommit,
    StartUpload,
    WriteBytes,
    CloseLock,
    CloseCommit,
    PutLock,
    PutLook,
    PutCommit,
    DeleteLock,
    DeleteLook,
    DeleteCommit,
    ReviewLock,
    ReviewVersion,
    ReviewLinks,
    ReviewEdges,
    ReviewUntil,
    ReviewKeep,
    ReviewRemove,
    RemoveBytes,
    RemoveRow,
    Over,
    Dead,
}
