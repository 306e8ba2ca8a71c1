namespace Registry.Tests.Durability.Load;

/// <summary>What a load has to reckon with.</summary>
internal sealed record LoadOptions
{
    public int Writers { get; init; } = 4;

    /// <summary>The registry's <c>Collection:Lease</c>: within it no push may fail because a blob was collected.</summary>
    public TimeSpan Lease { get; init; }

    /// <summary>Whether 503 is an answer, after which a client tries again.</summary>
    public bool Outages { get; init; }

    /// <summary>Told how long each push of an image took.</summary>
    public Action<TimeSpan> Pushed { get; init; } = _ => { };
}
