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

    /// <summary>
    /// Compares a password with a stored hash. A wrong one takes as long whatever is stored: nothing, because there is no such user, a
    /// hash of our own, or one that was imported (S32).
    /// </summary>
    /// <param name="hash">What is stored.</param>
    /// <param name="password">The password.</param>
    /// <param name="importedCost">The cost of the dearest bcrypt hash of any user; 0 where there is none.</param>
    public static PasswordMatch Verify(string? hash, string password, int importedCost = 0)
    {
        // Made here, so that the first one unknown is not told by the time it takes to make.
        var nobody = Nobody.Value;
        var imported = hash is not null && Bcrypt.Claims(hash) ? hash : null;
        var own = Hasher.VerifyHashedPassword(Nobody, imported is null ? hash ?? nobody : nobody, password);
        var match = imported is not null ? (Bcrypt.Verify(imported, password) ? PasswordMatch.RightButOutdated : PasswordMatch.Wrong)
            : hash is null ? PasswordMatch.Wrong
            : own switch
            {
                PasswordVerificationResult.Success => PasswordMatch.Right,
                PasswordVerificationResult.SuccessRehashNeeded => PasswordMatch.RightButOutdated,
                _ => PasswordMatch.Wrong,
            };
        if (match is PasswordMatch.Wrong)
        {
            Bcrypt.Spend(imported is null ? 0 : Bcrypt.CostOf(imported), importedCost);
        }

        return match;
    }

    /// <summary>The cost of a bcrypt hash; 0 of any other.</summary>
    public static int ImportedCostOf(string hash) => Bcrypt.CostOf(hash);
}
