namespace Registry.Storage.Metadata;

/// <summary>What replicas wake each other for.</summary>
public sealed class Wakeups : IDisposable
{
    /// <summary>The channel of PostgreSQL's notifications; their text is a name of one of these.</summary>
    internal const string Channel = "registry";

    private const string CollectionName = "collection";

    /// <summary>Something was deleted that can be collected at once.</summary>
    public Wakeup Collection { get; } = new(CollectionName);

    /// <summary>
    /// The statement that wakes collection on all replicas once the transaction has committed. Not for what is done often: PostgreSQL
    /// commits transactions with notifications one after the other.
    /// </summary>
    internal static string WakeCollection(Dialect dialect) =>
        dialect == Dialect.Postgres ? $"select pg_notify('{Channel}', '{CollectionName}')" : "select 1";

    /// <inheritdoc/>
    public void Dispose() => Collection.Dispose();

    internal void Wake(string name)
    {
        if (name == Collection.Name)
        {
            Collection.Wake();
        }
    }
}
