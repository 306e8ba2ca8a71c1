using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Registry;

/// <summary>
/// The memory that connections read into, in blocks of 32 KiB. Kestrel's own are of 4 KiB, and a read fills one block: a push of
/// 1 GiB would take 262,144 system calls to receive and as many pieces to hash.
/// </summary>
internal sealed class LargeBlocks : IMemoryPoolFactory<byte>
{
    private const int BlockSize = 32 << 10;

    // What is kept for the next connections; above that, blocks go back to the runtime.
    private const int MostKept = (64 << 20) / BlockSize;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private readonly ConcurrentQueue<Block> kept = new();

        public override int MaxBufferSize => BlockSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
            return kept.TryDequeue(out var block) ? block : new Block(this, GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true));
        }

        protected override void Dispose(bool disposing) => kept.Clear();

        private void Return(Block block)
        {
            if (kept.Count < MostKept)
            {
                kept.Enqueue(block);
            }
        }

        private sealed class Block(Pool pool, byte[] bytes) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(bytes, 0, bytes.Length);

            public void Dispose() => pool.Return(this);
        }
    }
}
