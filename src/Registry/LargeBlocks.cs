using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Registry.Storage.Objects;

namespace Registry;

/// <summary>
/// The memory that connections read into, in blocks of 32 KiB. Kestrel's own are of 4 KiB, and a read fills one block: a push of
/// 1 GiB would take 262,144 system calls to receive and as many pieces to hash.
/// </summary>
internal sealed class LargeBlocks : IMemoryPoolFactory<byte>
{
    private const int BlockSize = 32 << 10;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private readonly Spares<Block> spares;

        public Pool() => spares = new(() => new Block(this));

        public override int MaxBufferSize => BlockSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
            return spares.Take();
        }

        protected override void Dispose(bool disposing) => spares.Clear();

        private sealed class Block(Pool pool) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } =
                MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true), 0, BlockSize);

            public void Dispose() => pool.spares.Give(this);
        }
    }
}
