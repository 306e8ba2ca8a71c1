using System.Security.Cryptography;
using System.Text;

namespace Registry.Benchmarks.Content;

/// <summary>
/// What large blobs consist of: one random block again and again, then a tail of their own, so that no two are alike and the
/// client needs little memory.
/// </summary>
internal sealed class BigContent
{
    private const int BlockSize = 64 * 1024 * 1024;
    private const int TailSize = 64;
    private const int ChunkSize = 32 * 1024;
    private const int SendSize = 1024 * 1024;

    private readonly byte[] block = new byte[BlockSize];
    private readonly byte[] chunked;
    private readonly int repeats;

    /// <param name="size">The size of every blob.</param>
    public BigContent(long size)
    {
        Size = size;
        repeats = (int)((size - TailSize) / BlockSize);
        Random.Shared.NextBytes(block);
        chunked = Chunk(block);
    }

    public long Size { get; }

    private ReadOnlySpan<byte> LastBlock => block.AsSpan(0, (int)(Size - TailSize - ((long)repeats * BlockSize)));

    /// <summary>A blob that no other call returns.</summary>
    public BigBlob Next()
    {
        var tail = new byte[TailSize];
        Random.Shared.NextBytes(tail);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var piece in Pieces(tail))
        {
            hash.AppendData(piece.Span);
        }

        return new BigBlob(this, tail, "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>The blob in steps as large as a socket likes them.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces(byte[] tail)
    {
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            foreach (var piece in Split(block))
            {
                yield return piece;
            }
        }

        foreach (var piece in Split(block.AsMemory(0, LastBlock.Length)))
        {
            yield return piece;
        }

        yield return tail;
    }

    /// <summary>The blob as a chunked body whose chunks have the size that Go's clients give them.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> ChunkedPieces(byte[] tail)
    {
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            foreach (var piece in Split(chunked))
            {
                yield return piece;
            }
        }

        yield return Chunk(LastBlock);
        yield return Chunk(tail);
        yield return "0\r\n\r\n"u8.ToArray();
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> bytes)
    {
        for (var at = 0; at < bytes.Length; at += SendSize)
        {
            yield return bytes.Slice(at, Math.Min(SendSize, bytes.Length - at));
        }
    }

    private static byte[] Chunk(ReadOnlySpan<byte> bytes)
    {
        using var framed = new MemoryStream(bytes.Length + (bytes.Length / ChunkSize * 8) + 32);
        for (var at = 0; at < bytes.Length; at += ChunkSize)
        {
            var chunk = bytes.Slice(at, Math.Min(ChunkSize, bytes.Length - at));
            framed.Write(Encoding.ASCII.GetBytes($"{chunk.Length:x}\r\n"));
            framed.Write(chunk);
            framed.Write("\r\n"u8);
        }

        return framed.ToArray();
    }
}
