namespace Registry.Auth.Passwords;

/// <summary>What the database holds of a subject's password.</summary>
/// <param name="SubjectId">The subject.</param>
/// <param name="Epoch">Its epoch: nothing that is remembered outlives it.</param>
/// <param name="Hash">The salted hash.</param>
public sealed record StoredPassword(long SubjectId, long Epoch, string Hash)
{
    /// <summary>Without the hash, so that no log can hold it.</summary>
    public override string ToString() => $"password of subject {SubjectId}";
}
