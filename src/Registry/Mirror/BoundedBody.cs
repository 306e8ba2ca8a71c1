using System.Buffers;
using Registry.Upstreams;

namespace Registry.Mirror;

/// <summary>Reads answers that are documents: whole, or not at all.</summary>
internal static class BoundedBody
{
    /// <summary>The whole body; null when it has more than <paramref name="limit"/> bytes.</summary>
    /// <exception cref="IOException">The upstream broke off.</exception>
    public static async Task<byte[]?> ReadAsync(UpstreamAnswer answer, int limit, CancellationToken cancellationToken)
    {
        if (answer.Length > limit)
        {
            return null;
        }

        var content = new ArrayBufferWriter<byte>((int)(answer.Length ?? 0) + 1);
        while (await answer.Body.ReadAsync(content.GetMemory(4 << 10), cancellationToken) is var count and > 0)
        {
            content.Advance(count);
            if (content.WrittenCount > limit)
            {
                return null;
            }
        }

        return content.WrittenSpan.ToArray();
    }
}
