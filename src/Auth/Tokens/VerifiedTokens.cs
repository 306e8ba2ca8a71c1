using System.Collections.Concurrent;
using Registry.Auth.Tokens.Keys;

namespace Registry.Auth.Tokens;

/// <summary>
/// Tokens whose signature, issuer and audience were found right. Two generations: the young one becomes the old one when it has
/// half of the room, and what nobody has asked for since is forgotten with the generation before.
/// </summary>
/// <param name="room">How many bytes all entries may take.</param>
internal sealed class VerifiedTokens(long room = 16 << 20)
{
    // An entry with its claims: little more than the token's text, plus the objects and the table around them.
    private const int Overhead = 512;

    private readonly Lock gate = new();
    private volatile ConcurrentDictionary<TokenHash, Entry> young = new();
    private volatile ConcurrentDictionary<TokenHash, Entry> old = new();
    private long youngBytes;

    /// <summary>What the token says; null when it is not known, or its key was withdrawn since.</summary>
    public TokenClaims? Find(TokenHash hash)
    {
        if (!young.TryGetValue(hash, out var entry))
        {
            if (!old.TryGetValue(hash, out entry))
            {
                return null;
            }

            Add(hash, entry);
        }

        return entry.Key.IsWithdrawn ? null : entry.Claims;
    }

    public void Add(TokenHash hash, TokenClaims claims, VerificationKey key, int length) =>
        Add(hash, new Entry(claims, key, Overhead + (2 * length)));

    private void Add(TokenHash hash, Entry entry)
    {
        lock (gate)
        {
            if (youngBytes + entry.Bytes > room / 2)
            {
                old = young;
                young = new();
                youngBytes = 0;
            }

            if (young.TryAdd(hash, entry))
            {
                youngBytes += entry.Bytes;
            }
            else
            {
                young[hash] = entry;
            }
        }
    }

    private sealed record Entry(TokenClaims Claims, VerificationKey Key, int Bytes);
}
