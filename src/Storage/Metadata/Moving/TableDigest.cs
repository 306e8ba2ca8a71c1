using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Storage.Metadata.Moving;

/// <summary>
/// What tells whether two tables hold the same rows, in whatever order the engines return them: their number, and the sum of
/// the first half of each row's SHA-256. A row twice and another not at all would be seen; a xor would miss it.
/// </summary>
internal sealed class TableDigest
{
    private readonly ArrayBufferWriter<byte> buffer = new();

    public long Rows { get; private set; }

    public UInt128 Sum { get; private set; }

    /// <summary>Takes in a row: numbers, texts, byte strings and nulls.</summary>
    public void Add(ReadOnlySpan<object> row)
    {
        buffer.ResetWrittenCount();
        foreach (var value in row)
        {
            Write(value);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer.WrittenSpan, hash);
        Sum += BinaryPrimitives.ReadUInt128BigEndian(hash);
        Rows++;
    }

    public bool Equals(TableDigest other) => Rows == other.Rows && Sum == other.Sum;

    // Each value after its kind and length: no two rows have the same bytes.
    private void Write(object value)
    {
        switch (value)
        {
            case DBNull:
                Begin('n', 0);
                break;
            case long number:
                BinaryPrimitives.WriteInt64BigEndian(Begin('i', sizeof(long)), number);
                break;
            case string text:
                Encoding.UTF8.GetBytes(text, Begin('t', Encoding.UTF8.GetByteCount(text)));
                break;
            case byte[] bytes:
                bytes.CopyTo(Begin('b', bytes.Length));
                break;
            default:
                throw new NotSupportedException($"the copy does not know values of {value.GetType()}");
        }
    }

    private Span<byte> Begin(char kind, int length)
    {
        var span = buffer.GetSpan(5 + length)[..(5 + length)];
        span[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(span[1..], length);
        buffer.Advance(span.Length);
        return span[5..];
    }
}
