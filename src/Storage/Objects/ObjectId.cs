using System.Security.Cryptography;

namespace Registry.Storage.Objects;

/// <summary>
/// The key of an object: 120 random bits behind the byte that names its folder, given once and never again, and never anything that a client has sent. A key that
/// may come back would let a late or repeated removal hit the bytes of somebody else.
/// </summary>
public readonly record struct ObjectId
{
    private ObjectId(byte[] key) => Key = key;

    /// <summary>The form the database keeps.</summary>
    public byte[] Key { get; }

    /// <summary>Fresh keys with the same first byte: uploads that run side by side then share the syncs of one folder.</summary>
    public static ObjectId[] NewInOneFolder(int count)
    {
        var folder = RandomNumberGenerator.GetBytes(1)[0];
        var ids = new ObjectId[count];
        for (var i = 0; i < count; i++)
        {
            var key = RandomNumberGenerator.GetBytes(16);
            key[0] = folder;
            ids[i] = new ObjectId(key);
        }

        return ids;
    }

    /// <summary>Reads back <see cref="Key"/>.</summary>
    public static ObjectId FromKey(byte[] key) => new(key);

    /// <summary>32 lower-case hex digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Key);
}
