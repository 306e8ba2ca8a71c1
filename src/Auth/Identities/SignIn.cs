using System.Net;
using Registry.Auth.Passwords;
using Registry.Auth.Tokens;
using Registry.Storage.Metadata;

namespace Registry.Auth.Identities;

/// <summary>Signing in with a name and a secret: a password, an access token or a robot's secret.</summary>
public sealed class SignIn(Database database, Principals principals, PasswordVerifier passwords, ImportedPasswords imported)
{
    /// <summary>Who it is, or what is wrong with it.</summary>
    /// <param name="name">The name that was given; users write theirs in any case.</param>
    /// <param name="secret">The password or token.</param>
    /// <param name="address">Where the request comes from; null where attempts need not be limited.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public async ValueTask<Identity> WithAsync(string name, string secret, IPAddress? address, CancellationToken cancellationToken)
    {
        if (Secrets.IsToken(secret))
        {
            var owner = await principals.FindByTokenAsync(secret, cancellationToken);
            return owner is not null && IsName(name, owner) ? new Identity(owner) : Identity.Invalid;
        }

        var account = name.ToLowerInvariant();
        passwords.ImportedCost = await imported.CostAsync(cancellationToken);
        var stored = account.Contains('\0', StringComparison.Ordinal) ? null : await FindAsync(account, cancellationToken);
        var answer = await passwords.VerifyAsync(stored?.Password, secret, account, address, cancellationToken);
        if (answer.Outcome != PasswordOutcome.Valid)
        {
            return answer.Outcome == PasswordOutcome.TooMany
                ? new Identity(Principal.Anonymous, null, CredentialProblem.TooMany, answer.RetryAfter)
                : Identity.Invalid;
        }

        if (answer.Replacement is { } hash)
        {
            await ReplaceAsync(stored!, hash, cancellationToken);
        }

        return await principals.FindAsync(stored!.Credential, cancellationToken) is { } user
            ? new Identity(user) { IsNew = !answer.IsRemembered }
            : Identity.Invalid;
    }

    // Some clients have a fixed name to go with a token.
    private static bool IsName(string name, Principal owner) =>
        name.Equals(owner.Name, StringComparison.OrdinalIgnoreCase) || name is "" or "token" or "oauth2accesstoken" or "00000000-0000-0000-0000-000000000000";

    private async Task<Row?> FindAsync(string account, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.FirstAsync<Row>(
            """
            select c.id as Credential, s.id as Subject, s.epoch as Epoch, c.secret as Secret
            from subject s join credential c on c.subject_id = s.id and c.kind = 1 and c.revoked_at is null
            where s.name = @account and s.disabled_at is null
            """,
            new { account });
    }

    // The password is the same, so the epoch stays. Where nothing can be written now, a later sign-in will do it.
    private async Task ReplaceAsync(Row stored, string hash, CancellationToken cancellationToken)
    {
        try
        {
            await database.WriteAsync(
                session => session.ExecuteAsync(
                    "update credential set secret = @hash where id = @Credential and secret = @Secret",
                    new { hash = System.Text.Encoding.UTF8.GetBytes(hash), stored.Credential, stored.Secret }),
                cancellationToken);
        }
        catch (Exception e) when (database.Classify(e) is not null)
        {
            // full, or away
        }
    }

    private sealed record Row(long Credential, long Subject, long Epoch, byte[] Secret)
    {
        public StoredPassword Password => new(Subject, Epoch, System.Text.Encoding.UTF8.GetString(Secret));
    }
}
