using System.Buffers;
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

    // How often what nobody has needed since the last time is given back to the runtime.
    private const long TrimInterval = 10_000;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private readonly Lock gate = new();
        private readonly Stack<Block> idle = new();
        private int leastIdle;
        private long trimmedAt = Environment.TickCount64;

        public override int MaxBufferSize => BlockSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
            lock (gate)
            {
                if (idle.TryPop(out var block))
                {
                    leastIdle = Math.Min(leastIdle, idle.Count);
                    return block;
                }

                leastIdle = 0;
            }

            // Never thrown away while they are in turn: the runtime frees pinned memory far too late for that.
            return new Block(this, GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true));
        }

        protected override void Dispose(bool disposing)
        {
            lock (gate)
            {
                idle.Clear();
            }
        }

        private void Return(Block block)
        {
            lock (gate)
            {
                idle.Push(block);
                if (Environment.TickCount64 - trimmedAt > TrimInterval)
                {
                    Trim();
                }
            }
        }

        // As many as have lain idle all the time since the last trim.
        private void Trim()
        {
            for (; leastIdle > 0; leastIdle--)
            {
                idle.Pop();
            }

            leastIdle = idle.Count;
            trimmedAt = Environment.TickCount64;
        }

        private sealed class Block(Pool pool, byte[] bytes) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(bytes, 0, bytes.Length);

            public void Dispose() => pool.Return(this);
        }
    }
}
