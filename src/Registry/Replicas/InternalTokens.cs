using Registry.Auth.Tokens;
using Registry.Auth.Tokens.Keys;
using Registry.Auth.Tokens.Trusted;
using Registry.Storage.Objects;
using Registry.Storage.Replicas;

namespace Registry.Replicas;

/// <summary>
/// What one replica shows to another: a token for one object and one minute, signed with the key that all of them have. It is for
/// another audience than those of clients, so that neither is of use in place of the other.
/// </summary>
internal sealed class InternalTokens
{
    private const string Kind = "object";
    private const string Action = "follow";
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Replica replica;
    private readonly TokenIssuer issuer;
    private readonly TokenVerifier verifier;

    public InternalTokens(Replica replica, SigningKeys keys, TokenOptions options, TimeProvider time)
    {
        // No service that clients know has a space in its name: see TokenSettings.
        var internals = options with { Service = $"{options.Service} replicas", Lifetime = Lifetime, Trusted = [] };
        this.replica = replica;
        issuer = new(keys, internals, time);
        verifier = new(keys, new TrustedIssuers(internals, time), internals, time);
    }

    /// <summary>A token of this replica for an object of another.</summary>
    public string Issue(ObjectId id) => issuer.Issue(replica.Id, null, [new(Kind, id.ToString(), [Action])], []).Text;

    /// <summary>Whether a token is for the object, and still holds.</summary>
    public async ValueTask<bool> AllowsAsync(ReadOnlyMemory<char> token, string id)
    {
        var check = await verifier.VerifyAsync(token);
        return check is { Status: TokenStatus.Valid, Claims.Access: [var access] }
            && access.Type == Kind && access.Name == id && access.Actions.Contains(Action);
    }
}
