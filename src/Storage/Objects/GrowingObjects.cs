using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace Registry.Storage.Objects;

/// <summary>The objects that this process is writing, for those who want their bytes before they are whole.</summary>
public sealed class GrowingObjects
{
    private readonly ConcurrentDictionary<string, GrowingObject> growing = new(StringComparer.Ordinal);

    /// <summary>A writer begins, or goes on. Disposing the object ends its stay here, whole or not.</summary>
    /// <param name="id">The object; nobody else is writing it.</param>
    /// <param name="from">The first byte that can be read from the file.</param>
    /// <param name="length">The bytes it has already.</param>
    /// <param name="open">Opens the file, on this machine, that it is written to; null when there is none any more.</param>
    public GrowingObject Begin(ObjectId id, long from, long length, Func<SafeFileHandle?> open)
    {
        var name = id.ToString();
        var begun = new GrowingObject(from, length, open, ended => growing.TryRemove(new(name, ended)));
        growing[name] = begun;
        return begun;
    }

    /// <summary>Somebody follows an object; null when it is not being written here.</summary>
    public GrowingObjectReader? Follow(string id) => growing.TryGetValue(id, out var found) && found.Open() is { } file ? new(found, file) : null;
}
