namespace Registry.Tests;

/// <summary>The platform of a child of an index.</summary>
public sealed record Platform(string Architecture, string Os = "linux")
{
    public string? Variant { get; init; }
}
