using Registry.Access;
using Registry.Auth;
using Registry.Auth.Identities;
using Registry.Auth.Passwords;
using Registry.Auth.Permissions;
using Registry.Storage.Oci;

namespace Registry.Management;

/// <summary>New passwords, and the check of current ones, on the threads that are there for that.</summary>
internal sealed class Passwords(PasswordVerifier verifier, CredentialStore credentials)
{
    // In this time the queue is worked off.
    private static readonly TimeSpan QueueDelay = TimeSpan.FromSeconds(2);

    /// <summary>The hash of a new password.</summary>
    /// <exception cref="OciException">INVALID: the password is too weak.</exception>
    /// <exception cref="AccessRefusedException">Too many passwords are being looked at.</exception>
    public async Task<string> HashAsync(string user, string password, CancellationToken cancellationToken) =>
        PasswordRules.Refuse(user, password) is { } why ? throw Input.Invalid("password", why)
        : await verifier.HashAsync(password, cancellationToken) ?? throw TooMany(QueueDelay);

    /// <summary>Returns when it is the user's current password.</summary>
    /// <exception cref="OciException">DENIED: it is not, or there is none.</exception>
    /// <exception cref="AccessRefusedException">Too many attempts.</exception>
    public async Task CheckAsync(HttpContext http, string user, string? current)
    {
        if (current is null)
        {
            throw Input.Invalid("current", "to change your own password, show the current one");
        }

        var stored = await credentials.FindPasswordAsync(user, http.RequestAborted);
        var answer = await verifier.VerifyAsync(stored, current, user, http.Connection.RemoteIpAddress, http.RequestAborted);
        if (answer.Outcome == PasswordOutcome.TooMany)
        {
            throw TooMany(answer.RetryAfter);
        }

        if (answer.Outcome != PasswordOutcome.Valid)
        {
            throw new OciException(OciError.Denied, "the current password is wrong");
        }
    }

    private static AccessRefusedException TooMany(TimeSpan retryAfter) =>
        new(Verdict.SignIn, new Identity(Principal.Anonymous, null, CredentialProblem.TooMany, retryAfter));
}
