namespace Registry.Storage.Oci;

/// <summary>A broken rule of the protocol, answered with its <see cref="OciError"/>. Expected absence is <c>null</c>, not this.</summary>
public sealed class OciException(OciError error, string? message = null, IReadOnlyList<string>? details = null)
    : Exception(message ?? error.Message)
{
    /// <summary>The row of the error table.</summary>
    public OciError Error { get; } = error;

    /// <summary>What the error is about, one entry of the envelope each; may be empty.</summary>
    public IReadOnlyList<string> Details { get; } = details ?? [];
}
