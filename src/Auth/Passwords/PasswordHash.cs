using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;

namespace Registry.Auth.Passwords;

/// <summary>
/// The text that is stored of a password: PBKDF2 in the framework's format, or the bcrypt hash of an imported htpasswd file until
/// its user has signed in. Each call takes a core for some ten milliseconds: on behalf of a request go through
/// <see cref="PasswordVerifier"/>.
/// </summary>
public static class PasswordHash
{
    private static readonly PasswordHasher<object> Hasher = new();

    // Of a password nobody knows, made as dear as all others.
    private static readonly Lazy<string> Nobody = new(() => Create(Convert.ToHexString(RandomNumberGenerator.GetBytes(32))));

    /// <summary>Whether this machine can verify the hashes of htpasswd files; without it they must not be imported.</summary>
    public static bool ReadsBcrypt => Bcrypt.IsAvailable;

    /// <summary>The salted hash to store of a password.</summary>
    public static string Create(string password) => Hasher.HashPassword(Nobody, password);

    /// <summary>Compares a password with a stored hash. Without a hash, because there is no such user, it takes as long (S32).</summary>
    public static PasswordMatch Verify(string? hash, string password)
    {
        // Made here, so that the first one unknown is not told by the time it takes to make.
        var nobody = Nobody.Value;
        if (hash is null)
        {
            Hasher.VerifyHashedPassword(Nobody, nobody, password);
            return PasswordMatch.Wrong;
        }

        if (Bcrypt.Claims(hash))
        {
            return Bcrypt.Verify(hash, password) ? PasswordMatch.RightButOutdated : PasswordMatch.Wrong;
        }

        return Hasher.VerifyHashedPassword(Nobody, hash, password) switch
        {
            PasswordVerificationResult.Success => PasswordMatch.Right,
            PasswordVerificationResult.SuccessRehashNeeded => PasswordMatch.RightButOutdated,
            _ => PasswordMatch.Wrong,
        };
    }
}
