namespace Registry.Tests.Clients;

/// <summary>The direction of bytes, as the client sees it.</summary>
public enum Flow
{
    /// <summary>From the client to the registry.</summary>
    Push,

    /// <summary>From the registry to the client.</summary>
    Pull,
}
