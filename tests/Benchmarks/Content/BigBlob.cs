namespace Registry.Benchmarks.Content;

/// <summary>A large blob with its digest; it shares all but its tail with the others of its content.</summary>
internal sealed record BigBlob(BigContent Content, byte[] Tail, string Digest)
{
    public long Size => Content.Size;

    /// <summary>The blob in steps as large as a socket likes them.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces => Content.Pieces(Tail);

    /// <summary>The blob as a chunked body.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> ChunkedPieces => Content.ChunkedPieces(Tail);
}
