using System.Buffers;
using System.Security.Cryptography;
using Registry.Storage.Oci;

namespace Registry.Storage.Objects.S3;

/// <summary>
/// Brings an object from another store under its key. It is there whole or not at all: the store compares the MD5 of each piece before it
/// takes it, and nothing is put or completed before all that was read has the right digest.
/// </summary>
internal sealed class S3Import(S3Bucket bucket, string key, long size)
{
    // Objects up to here are one put. S3 takes 10,000 parts of one object.
    private const int Piece = 16 << 20;
    private const int MostParts = 9_000;

    /// <summary>Whether the bucket has it, with all its bytes.</summary>
    public async Task<bool> IsThereAsync(CancellationToken cancellationToken) => await bucket.FindLengthAsync(key, cancellationToken) == size;

    /// <exception cref="IOException">What is read is not what the digest says, or a store fails.</exception>
    public async Task WriteAsync(ObjectContent content, Digest digest, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(digest.Algorithm == DigestAlgorithm.Sha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA512);
        var length = (int)Math.Min(size, Math.Max(Piece, (size / MostParts) + 1));
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var pieces = new Pieces(content, hash, buffer.AsMemory(0, length));
            await (size <= length ? PutAsync(pieces, digest, cancellationToken) : PutPartsAsync(pieces, digest, cancellationToken));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task PutAsync(Pieces pieces, Digest digest, CancellationToken cancellationToken)
    {
        var whole = await ReadAsync(pieces, 0, cancellationToken);
        Verify(pieces.Hash, digest);
        await bucket.PutAsync(key, new PartStream([whole], whole.Length), Md5(whole));
    }

    private async Task PutPartsAsync(Pieces pieces, Digest digest, CancellationToken cancellationToken)
    {
        // One that was killed on its way may have left something.
        await bucket.TryAbortAsync(key, cancellationToken);
        var multipartId = await bucket.BeginAsync(key);
        try
        {
            var parts = new List<MultipartPart>();
            for (var position = 0L; position < size; position += parts[^1].Size)
            {
                var part = await ReadAsync(pieces, position, cancellationToken);
                var tag = await bucket.PutPartAsync(key, multipartId, parts.Count + 1, new PartStream([part], part.Length), cancellationToken, Md5(part));
                parts.Add(new MultipartPart(parts.Count + 1, position, part.Length, tag));
            }

            Verify(pieces.Hash, digest);
            await bucket.CompleteAsync(key, multipartId, parts, size);
        }
        catch
        {
            await bucket.TryAbortAsync(key, CancellationToken.None);
            throw;
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(Pieces pieces, long from, CancellationToken cancellationToken)
    {
        var bytes = pieces.Buffer[..(int)Math.Min(pieces.Buffer.Length, size - from)];
        for (var read = 0; read < bytes.Length;)
        {
            read += await pieces.Content.ReadAsync(bytes[read..], from + read, size - from - read, cancellationToken);
        }

        pieces.Hash.AppendData(bytes.Span);
        return bytes;
    }

#pragma warning disable CA5351 // what S3 calls Content-MD5: against broken bits, not against anybody
    private static string Md5(ReadOnlyMemory<byte> bytes) => Convert.ToBase64String(MD5.HashData(bytes.Span));
#pragma warning restore CA5351

    private static void Verify(IncrementalHash hash, Digest digest)
    {
        var found = Digest.FromHash(digest.Algorithm, hash.GetHashAndReset());
        if (found.Text != digest.Text)
        {
            throw new IOException($"its bytes are damaged: they have the digest {found.Text}");
        }
    }

    private sealed record Pieces(ObjectContent Content, IncrementalHash Hash, Memory<byte> Buffer);
}
