namespace Registry.Upstreams;

/// <summary>A name and a password at an upstream. A class, so that no text made of it shows the password.</summary>
internal sealed class UpstreamCredential(string username, string? password, string? passwordFile)
{
    public string Username { get; } = username;

    /// <summary>The password. A file is read each time: some passwords, such as those of ECR, are replaced every few hours.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public string ReadPassword() => password ?? File.ReadAllText(passwordFile!).TrimEnd('\r', '\n');

    public override string ToString() => Username;
}
