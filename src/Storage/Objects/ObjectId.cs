using System.Security.Cryptography;

namespace Registry.Storage.Objects;

/// <summary>
/// The key of an object: 128 random bits, given once and never again, and never anything that a client has sent. A key that
/// may come back would let a late or repeated removal hit the bytes of somebody else.
/// </summary>
public readonly record struct ObjectId
{
    private ObjectId(byte[] key) => Key = key;

    /// <summary>The form the database keeps.</summary>
    public byte[] Key { get; }

    /// <summary>A fresh key.</summary>
    public static ObjectId New() => new(RandomNumberGenerator.GetBytes(16));

    /// <summary>Reads back <see cref="Key"/>.</summary>
    public static ObjectId FromKey(byte[] key) => new(key);

    /// <summary>32 lower-case hex digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Key);
}
