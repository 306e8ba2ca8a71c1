namespace Registry.Storage.Replicas;

/// <summary>One process of the registry, from its start to its end.</summary>
/// <param name="Id">Its name among the others, made at the start.</param>
/// <param name="InternalAddress">Where the others reach it; null when they do not.</param>
public sealed record Replica(string Id, string? InternalAddress)
{
    /// <summary>This process.</summary>
    public static Replica Start(string? internalAddress) => new(Guid.NewGuid().ToString("n"), internalAddress);
}
