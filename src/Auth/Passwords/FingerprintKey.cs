using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Registry.Auth.Passwords;

/// <summary>The key of the fingerprints of this process: random, and gone with it.</summary>
internal sealed class FingerprintKey
{
    // What one site gives to one customer, who can use any address within.
    private const int CustomerPrefix = 8;

    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);

    /// <summary>Of a password tried on an account as it is stored now: other passwords, hashes and epochs have others.</summary>
    public Fingerprint Of(StoredPassword? stored, string account, string password) => Of(
        "password",
        stored?.SubjectId.ToString(CultureInfo.InvariantCulture) ?? "",
        stored?.Epoch.ToString(CultureInfo.InvariantCulture) ?? "",
        stored?.Hash ?? "",
        account,
        password);

    /// <summary>Of the name of an account, whether it exists or not, in whatever case it is written.</summary>
    public Fingerprint Of(string account) => Of("account", account.ToLowerInvariant());

    /// <summary>Of where an attempt comes from: an IPv4 address, or the /64 of an IPv6 address.</summary>
    public Fingerprint Of(IPAddress address)
    {
        var bytes = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes().AsSpan();
        return Of("address", Convert.ToHexString(address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } ? bytes[..CustomerPrefix] : bytes));
    }

    private Fingerprint Of(string kind, params ReadOnlySpan<string> parts)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        Append(mac, kind);
        foreach (var part in parts)
        {
            Append(mac, part);
        }

        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        mac.GetHashAndReset(hash);
        return new(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }

    // With its length, so that what ends one part cannot begin the next.
    private static void Append(IncrementalHash mac, string part)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
        mac.AppendData(length);
        mac.AppendData(MemoryMarshal.AsBytes(part.AsSpan()));
    }
}
