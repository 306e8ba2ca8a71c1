using System.Net;

namespace Registry.Upstreams;

/// <summary>Finds out from an upstream's challenges what it wants to be shown, and shows it from then on without being asked.</summary>
internal sealed class UpstreamAuthority(UpstreamOptions options, UpstreamConnection connection, UpstreamTokens tokens, UpstreamLog log)
{
    private volatile Challenge? learned;

    /// <summary>What a request shows; null when nothing is known to be wanted, or there is nothing to show.</summary>
    /// <exception cref="UpstreamException">There is no token to be had.</exception>
    public async Task<UpstreamGrant?> GrantAsync(UpstreamCredential? credential, string repository, CancellationToken cancellationToken)
    {
        switch (learned)
        {
            case { IsBearer: true } challenge:
                var key = new TokenKey(Realm(challenge), challenge.Service, credential, repository);
                var (token, isOld) = await tokens.GetAsync(key, cancellationToken);
                return UpstreamGrant.Of(token, isOld);
            case { IsBearer: false } when credential is not null:
                return UpstreamGrant.Of(credential);
            default:
                return null;
        }
    }

    /// <summary>Learns from a 401 of the upstream's own; whether asking once more may end otherwise.</summary>
    public async Task<bool> LearnAsync(HttpResponseMessage response, UpstreamGrant? shown, CancellationToken cancellationToken)
    {
        if (shown?.Token is { } token)
        {
            tokens.Drop(token);
        }

        var before = learned;
        learned = Challenge.Of(response.Headers) ?? before ?? await AskAsync(cancellationToken);
        return learned != before || shown is { IsOld: true };
    }

    /// <summary>Whether the upstream knows whom it has refused: without that, a refusal does not mean that there is nothing.</summary>
    /// <exception cref="UpstreamException">It does not.</exception>
    public void CheckRecognized(HttpResponseMessage response, UpstreamCredential? credential)
    {
        var flaw = learned switch
        {
            { IsBearer: true } challenge when credential is not null && !Realm(challenge).IsTrusted => "names a token server that is not its own, and which is not given the credentials",
            { IsBearer: false } when credential is null => "wants credentials, and none are configured",
            { IsBearer: false } when response.StatusCode is HttpStatusCode.Unauthorized => "does not accept the credentials",
            _ => null,
        };
        if (flaw is not null)
        {
            throw new UpstreamException($"The upstream {flaw}.") { Status = response.StatusCode, RefusesCredential = credential is not null };
        }
    }

    private TokenRealm Realm(Challenge challenge)
    {
        var realm = TokenRealm.Of(challenge.Realm, options);
        if (!realm.IsTrusted && options.Credentials.Count > 0)
        {
            log.Foreign(realm.Address.IdnHost);
        }

        return realm;
    }

    // Some refuse without saying what they want, and say it here (ghcr.io, gcr.io).
    private async Task<Challenge?> AskAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, options.Root);
        using var response = await connection.SendAsync(request, cancellationToken);
        return Challenge.Of(response.Headers);
    }
}
