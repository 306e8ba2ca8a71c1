using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Registry.Auth;

/// <summary>
/// Remembers facts that do not change, a bounded number of them: what was asked for among the last <paramref name="capacity"/>
/// is still there, and nothing is counted on a hit.
/// </summary>
/// <param name="capacity">The size of a generation; two are kept.</param>
public sealed class Generations<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private ConcurrentDictionary<TKey, TValue> young = new();
    private ConcurrentDictionary<TKey, TValue> old = new();
    private int added;

    /// <summary>The fact, if it is remembered.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (young.TryGetValue(key, out value))
        {
            return true;
        }

        if (!old.TryGetValue(key, out value))
        {
            return false;
        }

        Set(key, value);
        return true;
    }

    /// <summary>Remembers a fact in place of what was remembered under the key.</summary>
    public void Set(TKey key, TValue value)
    {
        if (Interlocked.Increment(ref added) > capacity)
        {
            Interlocked.Exchange(ref added, 0);
            old = Interlocked.Exchange(ref young, new());
        }

        young[key] = value;
    }

    /// <summary>Forgets a fact.</summary>
    public void Remove(TKey key)
    {
        young.TryRemove(key, out _);
        old.TryRemove(key, out _);
    }
}
