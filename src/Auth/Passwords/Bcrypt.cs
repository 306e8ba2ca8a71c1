using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Registry.Auth.Passwords;

/// <summary>The hashes of imported htpasswd files, checked by crypt(3) of libxcrypt, which Linux signs its own users in with.</summary>
internal static unsafe partial class Bcrypt
{
    /// <summary>The dearest hash that is checked: each step doubles the time, and 14 takes about a second.</summary>
    public const int MaxCost = 14;

    private const int MinCost = 4;

    // sizeof(struct crypt_data), a part of libxcrypt's ABI.
    private const int WorkSize = 32768;

    // char *crypt_rn(const char *phrase, const char *setting, void *data, int size)
    private static readonly delegate* unmanaged<byte*, byte*, byte*, int, byte*> Crypt = FindCrypt();

    /// <summary>Whether this machine can check such hashes.</summary>
    public static bool IsAvailable => Crypt != null;

    /// <summary>Whether the text is to be read as bcrypt at all.</summary>
    public static bool Claims(string hash) => hash.StartsWith("$2", StringComparison.Ordinal);

    /// <summary>Why a hash is not accepted, as the end of a sentence; null when it is well-formed and affordable.</summary>
    public static string? Refuse(string hash)
    {
        var form = Form().Match(hash);
        if (!form.Success)
        {
            return "is not a whole bcrypt hash ($2a$, $2b$ or $2y$)";
        }

        var cost = int.Parse(form.Groups["cost"].ValueSpan, CultureInfo.InvariantCulture);
        return cost is >= MinCost and <= MaxCost ? null : $"has a cost of {cost}; accepted is {MinCost} to {MaxCost}";
    }

    /// <summary>Whether a password belongs to a hash. A hash that <see cref="Refuse"/> refuses belongs to none.</summary>
    public static bool Verify(string hash, string password)
    {
        if (Refuse(hash) is not null)
        {
            return false;
        }

        if (!IsAvailable)
        {
            throw new PlatformNotSupportedException("the hash of an imported password needs libcrypt.so (libxcrypt), which this machine does not have");
        }

        // In C a NUL ends the password early.
        return Matches(hash, password) && !password.Contains('\0', StringComparison.Ordinal);
    }

    /// <summary>The cost of a hash; 0 of one that <see cref="Refuse"/> refuses.</summary>
    public static int CostOf(string hash) =>
        Refuse(hash) is null ? int.Parse(Form().Match(hash).Groups["cost"].ValueSpan, CultureInfo.InvariantCulture) : 0;

    /// <summary>Does the work that is missing, after a hash of one cost, to what a hash of another takes. 0 is no hash.</summary>
    public static void Spend(int done, int wanted)
    {
        foreach (var cost in IsAvailable ? Missing(done, wanted) : [])
        {
            Matches($"$2b${cost:00}${new string('.', 53)}", "nobody's");
        }
    }

    /// <summary>The costs of the hashes that make up the difference: each step doubles the work, so 5, 5 and 6 together are 7.</summary>
    public static IEnumerable<int> Missing(int done, int wanted) =>
        done >= wanted ? [] : done == 0 ? [wanted] : Enumerable.Range(done, wanted - done);

    private static bool Matches(string hash, string password)
    {
        fixed (byte* phrase = Encoding.UTF8.GetBytes(password + '\0'), setting = Encoding.ASCII.GetBytes(hash + '\0'), work = new byte[WorkSize])
        {
            var found = Crypt(phrase, setting, work, WorkSize);
            return found != null
                && CryptographicOperations.FixedTimeEquals(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(found), new(setting, hash.Length));
        }
    }

    // Debian and Ubuntu have version 1 of the library, Fedora and Arch version 2.
    private static delegate* unmanaged<byte*, byte*, byte*, int, byte*> FindCrypt()
    {
        foreach (var name in new[] { "libcrypt.so.1", "libcrypt.so.2" })
        {
            if (NativeLibrary.TryLoad(name, out var library) && NativeLibrary.TryGetExport(library, "crypt_rn", out var function))
            {
                return (delegate* unmanaged<byte*, byte*, byte*, int, byte*>)function;
            }
        }

        return null;
    }

    [GeneratedRegex(@"\A\$2[aby]\$(?<cost>[0-9]{2})\$[./A-Za-z0-9]{53}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Form();
}
