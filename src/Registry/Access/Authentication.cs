using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Registry.Auth;
using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Auth.Tokens;
using Registry.Connections;
using Registry.Tls;

namespace Registry.Access;

/// <summary>
/// Who a request comes from, by whatever it shows: a bearer token, a name with a password or an access token, an access token
/// alone, a client certificate, or the socket in the data directory. Never refuses: what does not hold is nobody.
/// </summary>
internal sealed class Authentication(
    Principals principals, SignIn signIn, Certificates certificates, TokenVerifier tokens, LastUse lastUse, TimeProvider time)
{
    // Name and password of generous length; a bearer token is limited by its own check.
    private const int MaxBasic = 4 << 10;
    private const int MaxClaimed = 100;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    public async ValueTask<Identity> IdentifyAsync(HttpContext http)
    {
        var identity = await ReadAsync(http);
        if (identity.Token is null)
        {
            lastUse.Note(identity.Principal.Credential);
        }

        return identity;
    }

    /// <summary>Signs in with a name and a secret, as the token endpoint is given them in a form.</summary>
    public async ValueTask<Identity> SignInAsync(HttpContext http, string name, string secret)
    {
        var identity = await signIn.WithAsync(name, secret, http.Connection.RemoteIpAddress, http.RequestAborted);
        lastUse.Note(identity.Principal.Credential);
        return identity.Problem == CredentialProblem.None ? identity : identity with { Claimed = Printable(name) };
    }

    private async ValueTask<Identity> ReadAsync(HttpContext http)
    {
        if (LocalAdministrator.Sent(http))
        {
            return new Identity(Principal.Local);
        }

        var header = http.Request.Headers.Authorization;
        if (header.Count == 0)
        {
            return await ByCertificateAsync(http);
        }

        var text = header.Count == 1 ? header[0] ?? string.Empty : string.Empty;
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        var scheme = space < 0 ? default : text.AsSpan(0, space);
        var rest = text.AsMemory(space + 1).Trim();
        return scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) ? await ByBearerAsync(rest, http.RequestAborted)
            : scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) ? await ByBasicAsync(http, rest)
            : Identity.Invalid;
    }

    private async ValueTask<Identity> ByCertificateAsync(HttpContext http) =>
        ClientCertificateIdentity.Of(http) is not { } shown ? Identity.Anonymous
        : shown.Name is not null
            && await certificates.FindAsync(shown.Name, shown.Thumbprint, shown.Certificate.NotAfter, http.RequestAborted) is { } principal
            ? new Identity(principal)
            : Identity.Invalid;

    private async ValueTask<Identity> ByBearerAsync(ReadOnlyMemory<char> text, CancellationToken cancellationToken)
    {
        if (Secrets.IsToken(text.Span))
        {
            return await principals.FindByTokenAsync(text.ToString(), cancellationToken) is { } owner ? new Identity(owner) : Identity.Invalid;
        }

        var check = await tokens.VerifyAsync(text);
        if (check.Claims is not { } claims || !IsUseful(check))
        {
            return Identity.Invalid;
        }

        var token = new BearerToken(
            claims.Access, claims.Asked, claims.IssuedAt?.ToUnixTimeMilliseconds() ?? 0, check.Status == TokenStatus.Expired, claims.External);
        return claims switch
        {
            { External: true } => new Identity(
                new Principal(PrincipalKind.External, claims.Subject, StrangerOf(claims), 0, 0, false, TokenGrants.Of(claims.Access), null), token),
            { CredentialId: { } credential } => await principals.FindAsync(credential, cancellationToken) is { } principal
                ? new Identity(principal, token)
                : Identity.Invalid,
            _ => new Identity(Principal.Anonymous, token),
        };
    }

    // Nobody of ours, but somebody: upload sessions belong to who opened them. No row has a negative id.
    private static long StrangerOf(TokenClaims claims) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{claims.Issuer.Length}:{claims.Issuer}{claims.Subject}"))) | long.MinValue;

    // A token that has expired may still finish the uploads it has opened.
    private bool IsUseful(TokenCheck check) => check.Status == TokenStatus.Valid
        || (check.Status == TokenStatus.Expired && check.Claims is { CredentialId: not null } or { External: true }
            && check.Claims.ExpiresAt + TokenOptions.UploadGrace > time.GetUtcNow());

    private async ValueTask<Identity> ByBasicAsync(HttpContext http, ReadOnlyMemory<char> encoded)
    {
        if (encoded.Length > MaxBasic || Decode(encoded.Span) is not { } text || text.IndexOf(':', StringComparison.Ordinal) is not (>= 0 and var colon))
        {
            return Identity.Invalid;
        }

        // "Og==" is what podman and skopeo send without credentials.
        return text.Length == 1 ? Identity.Anonymous : await SignInAsync(http, text[..colon], text[(colon + 1)..]);
    }

    private static string? Decode(ReadOnlySpan<char> encoded)
    {
        Span<byte> bytes = stackalloc byte[MaxBasic];
        try
        {
            return Convert.TryFromBase64Chars(encoded, bytes, out var count) ? Utf8.GetString(bytes[..count]) : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    // Whatever a stranger calls himself has to fit into a record.
    private static string Printable(string name) =>
        string.Concat(name.Where(character => !char.IsControl(character) && !char.IsSurrogate(character)).Take(MaxClaimed));
}
