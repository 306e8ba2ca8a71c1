using System.Net.Http.Headers;

namespace Registry.Upstreams;

/// <summary>How an upstream wants to be told who asks (RFC 9110, 11.6.1): by a token of a realm's, or by name and password.</summary>
/// <param name="IsBearer">Whether a token is wanted.</param>
/// <param name="Realm">Where tokens come from, as it was written.</param>
/// <param name="Service">What the token server calls the registry. Some name none.</param>
internal sealed record Challenge(bool IsBearer, string Realm, string? Service)
{
    /// <summary>The one to answer of all that a response holds; null when there is none that the registry can answer.</summary>
    public static Challenge? Of(HttpResponseHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("WWW-Authenticate", out var lines))
        {
            return null;
        }

        var all = lines.SelectMany(line => new ChallengeReader(line).ReadAll()).ToList();
        return all.Find(challenge => challenge is { IsBearer: true, Realm.Length: > 0 }) ?? all.Find(challenge => !challenge.IsBearer);
    }
}
