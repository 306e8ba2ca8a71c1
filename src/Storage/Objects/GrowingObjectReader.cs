using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Objects;

/// <summary>One reader of an object that grows.</summary>
public sealed class GrowingObjectReader : IDisposable
{
    private readonly GrowingObject growing;

    internal GrowingObjectReader(GrowingObject growing, SafeFileHandle file) => (this.growing, File) = (growing, file);

    /// <summary>Where its bytes are, each at its own offset; they stay readable as long as this is open.</summary>
    public SafeFileHandle File { get; }

    /// <summary>The first byte that can be read here: those before it were written by somebody else.</summary>
    public long From => growing.From;

    /// <summary>The bytes it has now.</summary>
    public long Length => growing.Length;

    /// <summary>Whether nothing follows any more, because it is whole.</summary>
    public bool IsComplete => growing.IsComplete;

    /// <summary>True once there are more bytes than <paramref name="position"/>; false when the writer has gone and there are not.</summary>
    public ValueTask<bool> WaitBeyondAsync(long position, CancellationToken cancellationToken) => growing.WaitBeyondAsync(position, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();
}
