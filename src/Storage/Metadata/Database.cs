using Registry.Storage.Oci;

namespace Registry.Storage.Metadata;

/// <summary>What a commit has to survive.</summary>
public enum Durability
{
    /// <summary>A power cut: the commit is on disk before the call returns.</summary>
    Synced,

    /// <summary>The death of the process. For claims and progress of uploads, whose loss only moves an upload back.</summary>
    Relaxed,
}

/// <summary>The metadata of the registry, on SQLite or PostgreSQL. Stores write the same SQL for both.</summary>
public abstract class Database : IAsyncDisposable
{
    /// <summary>The few expressions in which the engines differ.</summary>
    public abstract Dialect Dialect { get; }

    /// <summary>A session that only reads, for one or a few statements; dispose it to give the connection back.</summary>
    public abstract ValueTask<Session> ReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Runs <paramref name="work"/> in one transaction and commits. It may be run again, so it must have no effect outside the
    /// session, and it awaits nothing but the session: on SQLite it holds the only writer.
    /// </summary>
    public abstract Task<T> WriteAsync<T>(Func<Session, Task<T>> work, Durability durability, CancellationToken cancellationToken);

    /// <summary>As the other, synced.</summary>
    public Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken) =>
        WriteAsync(work, Durability.Synced, cancellationToken);

    /// <summary>The protocol's error for a failure of the engine, or null when it is a defect of ours.</summary>
    public abstract OciError? Classify(Exception exception);

    /// <summary>Brings the schema up to date. Called once, before anything else.</summary>
    public abstract Task MigrateAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
