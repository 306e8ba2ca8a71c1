namespace Registry.Auth.Passwords;

/// <summary>A user of an htpasswd file.</summary>
/// <param name="Line">The number of the line, from 1.</param>
/// <param name="Written">The name as it is in the file.</param>
/// <param name="UserName">The name here: in lower case.</param>
/// <param name="Hash">The bcrypt hash.</param>
public sealed record HtpasswdEntry(int Line, string Written, string UserName, string Hash)
{
    /// <summary>Without the hash, so that no log can hold it.</summary>
    public override string ToString() => $"line {Line}: {UserName}";
}
