using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Registry.Storage.Oci;

namespace Registry.Storage.Objects;

/// <summary>
/// A hash whose state can be saved between two requests and taken up by another process. OpenSSL's low-level functions keep
/// it in a flat structure without pointers; .NET's own <c>IncrementalHash</c> cannot export it.
/// </summary>
public sealed unsafe partial class RunningHash
{
    private const string Library = "libcrypto.so.3";

    // sizeof(SHA256_CTX) and sizeof(SHA512_CTX), openssl/sha.h.
    private const int Sha256Size = 112;
    private const int Sha512Size = 216;

    private static readonly bool Available =
        BitConverter.IsLittleEndian && NativeLibrary.TryLoad(Library, typeof(RunningHash).Assembly, null, out _);

    private readonly byte[] context;

    private RunningHash(DigestAlgorithm algorithm, byte[] context)
    {
        Algorithm = algorithm;
        this.context = context;
    }

    /// <summary>The algorithm the state belongs to.</summary>
    public DigestAlgorithm Algorithm { get; }

    /// <summary>A hash over nothing yet, or null where libcrypto is missing: then the object is read again at the close.</summary>
    public static RunningHash? Start(DigestAlgorithm algorithm)
    {
        if (!Available)
        {
            return null;
        }

        var hash = new RunningHash(algorithm, new byte[SizeOf(algorithm)]);
        fixed (byte* state = hash.context)
        {
            Check(algorithm == DigestAlgorithm.Sha256 ? SHA256_Init(state) : SHA512_Init(state));
        }

        return hash;
    }

    /// <summary>Goes on from the state that was saved after so many bytes; null when it is of no use here, or is not such a state.</summary>
    public static RunningHash? Resume(DigestAlgorithm algorithm, byte[]? state, long position) =>
        Available && state?.Length == SizeOf(algorithm) && IsAfter(algorithm, state, (ulong)position)
            ? new RunningHash(algorithm, (byte[])state.Clone())
            : null;

    /// <summary>Takes in the next bytes.</summary>
    public void Update(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* state = context)
        fixed (byte* data = bytes)
        {
            Check(Algorithm == DigestAlgorithm.Sha256
                ? SHA256_Update(state, data, (nuint)bytes.Length)
                : SHA512_Update(state, data, (nuint)bytes.Length));
        }
    }

    /// <summary>A copy of the state.</summary>
    public byte[] Save() => (byte[])context.Clone();

    /// <summary>The digest of all bytes so far. The state stays as it is.</summary>
    public Digest Finish()
    {
        Span<byte> hash = stackalloc byte[Algorithm == DigestAlgorithm.Sha256 ? 32 : 64];
        fixed (byte* state = Save())
        fixed (byte* output = hash)
        {
            Check(Algorithm == DigestAlgorithm.Sha256 ? SHA256_Final(output, state) : SHA512_Final(output, state));
        }

        return Digest.FromHash(Algorithm, hash);
    }

    // libcrypto believes what it is given: with a wrong place within the current block it would write to memory far from there (S24).
    private static bool IsAfter(DigestAlgorithm algorithm, ReadOnlySpan<byte> state, ulong position) => algorithm == DigestAlgorithm.Sha256
        ? BinaryPrimitives.ReadUInt64LittleEndian(state[32..]) == position * 8
            && BinaryPrimitives.ReadUInt32LittleEndian(state[104..]) == position % 64
            && BinaryPrimitives.ReadUInt32LittleEndian(state[108..]) == 32
        : BinaryPrimitives.ReadUInt64LittleEndian(state[64..]) == position * 8
            && BinaryPrimitives.ReadUInt64LittleEndian(state[72..]) == 0
            && BinaryPrimitives.ReadUInt32LittleEndian(state[208..]) == position % 128
            && BinaryPrimitives.ReadUInt32LittleEndian(state[212..]) == 64;

    private static int SizeOf(DigestAlgorithm algorithm) => algorithm == DigestAlgorithm.Sha256 ? Sha256Size : Sha512Size;

    private static void Check(int result)
    {
        if (result != 1)
        {
            throw new InvalidOperationException("libcrypto refused to hash");
        }
    }

    [LibraryImport(Library)]
    private static partial int SHA256_Init(byte* context);

    [LibraryImport(Library)]
    private static partial int SHA256_Update(byte* context, byte* data, nuint length);

    [LibraryImport(Library)]
    private static partial int SHA256_Final(byte* hash, byte* context);

    [LibraryImport(Library)]
    private static partial int SHA512_Init(byte* context);

    [LibraryImport(Library)]
    private static partial int SHA512_Update(byte* context, byte* data, nuint length);

    [LibraryImport(Library)]
    private static partial int SHA512_Final(byte* hash, byte* context);
}
