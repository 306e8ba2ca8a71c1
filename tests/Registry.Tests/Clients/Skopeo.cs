namespace Registry.Tests.Clients;

/// <summary>The skopeo program, over plain HTTP and without the policy file of the machine.</summary>
public static class Skopeo
{
    // A gigabyte is hashed, compressed or written several times on the way.
    private static readonly TimeSpan CopyGuard = TimeSpan.FromMinutes(5);

    /// <summary>The name of an image in the registry as skopeo takes it; the reference is ":tag" or "@digest".</summary>
    public static string Remote(Uri registry, string repository, string reference) => $"docker://{registry.Authority}/{repository}{reference}";

    public static Task CopyAsync(string source, string destination, params string[] options) =>
        RunAsync(["copy", "--src-tls-verify=false", "--dest-tls-verify=false", .. options, source, destination], CopyGuard);

    /// <summary>A copy that fails the test when it would change a digest.</summary>
    public static Task CopyExactlyAsync(string source, string destination, params string[] options) =>
        CopyAsync(source, destination, ["--preserve-digests", .. options]);

    /// <summary>A copy that is disturbed. Whether skopeo repeats by itself depends on the error that it happens to see.</summary>
    public static Task AttemptToCopyAsync(string source, string destination) =>
        ChildProcess.AttemptAsync("skopeo", ["--insecure-policy", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", source, destination], guard: CopyGuard);

    public static Task<string> InspectAsync(string image, params string[] options) =>
        RunAsync(["inspect", "--tls-verify=false", .. options, image]);

    public static Task<string> ListTagsAsync(Uri registry, string repository) =>
        RunAsync(["list-tags", "--tls-verify=false", Remote(registry, repository, "")]);

    public static Task DeleteAsync(string image) => RunAsync(["delete", "--tls-verify=false", image]);

    /// <summary>Runs a command that has to fail and returns what it complains about.</summary>
    public static Task<string> FailAsync(params string[] arguments) => ChildProcess.FailAsync("skopeo", ["--insecure-policy", .. arguments]);

    private static Task<string> RunAsync(string[] arguments, TimeSpan? guard = null) =>
        ChildProcess.RunAsync("skopeo", ["--insecure-policy", .. arguments], guard: guard);
}
