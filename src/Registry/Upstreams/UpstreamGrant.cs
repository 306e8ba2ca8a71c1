using System.Net.Http.Headers;
using System.Text;

namespace Registry.Upstreams;

/// <summary>What a request shows to the upstream. A class, so that no text made of it shows the secret.</summary>
internal sealed class UpstreamGrant
{
    private UpstreamGrant(AuthenticationHeaderValue header) => Header = header;

    public AuthenticationHeaderValue Header { get; }

    /// <summary>The token, unless it is a name and a password.</summary>
    public UpstreamToken? Token { get; private init; }

    /// <summary>Whether the token was there before the request, so that it may have been revoked meanwhile.</summary>
    public bool IsOld { get; private init; }

    public static UpstreamGrant Of(UpstreamToken token, bool isOld) => new(new AuthenticationHeaderValue("Bearer", token.Value)) { Token = token, IsOld = isOld };

    /// <exception cref="UpstreamException">The password cannot be read.</exception>
    public static UpstreamGrant Of(UpstreamCredential credential) => new(Basic(credential));

    /// <exception cref="UpstreamException">The password cannot be read.</exception>
    public static AuthenticationHeaderValue Basic(UpstreamCredential credential)
    {
        try
        {
            return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.Username}:{credential.ReadPassword()}")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UpstreamException("The file of the upstream's password cannot be read.") { RefusesCredential = true };
        }
    }
}
