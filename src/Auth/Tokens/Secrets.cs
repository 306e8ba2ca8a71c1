using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Auth.Tokens;

/// <summary>Secrets that the registry gives out: random, with a prefix that people and scanners recognise, kept as SHA-256 only.</summary>
public static class Secrets
{
    /// <summary>Begins the access token of a user.</summary>
    public const string AccessToken = "rgt_";

    /// <summary>Begins the secret of a robot.</summary>
    public const string Robot = "rgr_";

    /// <summary>Begins a refresh token.</summary>
    public const string Refresh = "rgf_";

    /// <summary>Begins what lets the first administrator in.</summary>
    public const string Setup = "rgs_";

    private const int Bytes = 32;
    private const int Length = 4 + 43;

    /// <summary>A new secret, to be shown once.</summary>
    public static string Create(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>What is kept of a secret.</summary>
    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Whether a text is an access token or a robot's secret by its form: then it is no password.</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => text.Length == Length
        && (text.StartsWith(AccessToken, StringComparison.Ordinal) || text.StartsWith(Robot, StringComparison.Ordinal));
}
