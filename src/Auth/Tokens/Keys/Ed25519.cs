using System.Runtime.InteropServices;

namespace Registry.Auth.Tokens.Keys;

/// <summary>Ed25519 by OpenSSL's libcrypto, which .NET loads on Linux anyway: .NET itself does not offer it.</summary>
internal static unsafe partial class Ed25519
{
    public const string Oid = "1.3.101.112";
    public const int KeyLength = 32;
    public const int SignatureLength = 64;

    private const string Library = "libcrypto.so.3";
    private const int KeyType = 1087; // EVP_PKEY_ED25519, openssl/evp.h

    /// <summary>False where libcrypto is missing.</summary>
    public static bool IsAvailable { get; } = NativeLibrary.TryLoad(Library, typeof(Ed25519).Assembly, null, out _);

    public static byte[] PublicKeyOf(ReadOnlySpan<byte> privateKey)
    {
        using var key = Private(privateKey);
        var result = new byte[KeyLength];
        nuint length = KeyLength;
        fixed (byte* output = result)
        {
            Check(EVP_PKEY_get_raw_public_key(key, output, &length));
        }

        return result;
    }

    public static byte[] Sign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> content)
    {
        using var key = Private(privateKey);
        using var context = EVP_MD_CTX_new();
        var result = new byte[SignatureLength];
        nuint length = SignatureLength;
        fixed (byte* output = result)
        fixed (byte* data = content)
        {
            Check(EVP_DigestSignInit(context, 0, 0, 0, key));
            Check(EVP_DigestSign(context, output, &length, data, (nuint)content.Length));
        }

        return result;
    }

    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureLength)
        {
            return false;
        }

        fixed (byte* bytes = publicKey)
        fixed (byte* data = content)
        fixed (byte* sealing = signature)
        {
            using var key = EVP_PKEY_new_raw_public_key(KeyType, 0, bytes, KeyLength);
            using var context = EVP_MD_CTX_new();
            return !key.IsInvalid && EVP_DigestVerifyInit(context, 0, 0, 0, key) == 1
                && EVP_DigestVerify(context, sealing, SignatureLength, data, (nuint)content.Length) == 1;
        }
    }

    private static KeyHandle Private(ReadOnlySpan<byte> privateKey)
    {
        fixed (byte* bytes = privateKey)
        {
            var key = EVP_PKEY_new_raw_private_key(KeyType, 0, bytes, (nuint)privateKey.Length);
            Check(key.IsInvalid ? 0 : 1);
            return key;
        }
    }

    private static void Check(int result)
    {
        if (result != 1)
        {
            throw new System.Security.Cryptography.CryptographicException("libcrypto refused an Ed25519 key");
        }
    }

    [LibraryImport(Library)]
    private static partial KeyHandle EVP_PKEY_new_raw_public_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library)]
    private static partial KeyHandle EVP_PKEY_new_raw_private_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_get_raw_public_key(KeyHandle key, byte* output, nuint* length);

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    private static partial ContextHandle EVP_MD_CTX_new();

    [LibraryImport(Library)]
    private static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(Library)]
    private static partial int EVP_DigestSignInit(ContextHandle context, nint keyContext, nint type, nint engine, KeyHandle key);

    [LibraryImport(Library)]
    private static partial int EVP_DigestSign(ContextHandle context, byte* signature, nuint* length, byte* content, nuint contentLength);

    [LibraryImport(Library)]
    private static partial int EVP_DigestVerifyInit(ContextHandle context, nint keyContext, nint type, nint engine, KeyHandle key);

    [LibraryImport(Library)]
    private static partial int EVP_DigestVerify(ContextHandle context, byte* signature, nuint length, byte* content, nuint contentLength);

    private sealed class KeyHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            EVP_PKEY_free(handle);
            return true;
        }
    }

    private sealed class ContextHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            EVP_MD_CTX_free(handle);
            return true;
        }
    }
}
