using Registry.Storage.Oci;

namespace Registry.Auth.Identities;

/// <summary>The errors of the management API, in the form of the protocol's.</summary>
public static class ManagementError
{
    /// <summary>A request is malformed, or what it asks for makes no sense.</summary>
    public static readonly OciError Invalid = new("INVALID", 400, "the request is invalid");

    /// <summary>There is nothing of that name that the caller may see.</summary>
    public static readonly OciError NotFound = new("NOT_FOUND", 404, "there is nothing of this name that you may see");

    /// <summary>It is not possible as things are.</summary>
    public static readonly OciError Conflict = new("CONFLICT", 409, "this is not possible as things are");

    /// <summary>Somebody has to remain who may do everything.</summary>
    public static OciException LastAdministrator() => new(Conflict, "this is the last administrator who is not disabled; make another one first");

    /// <summary>What is pulled from a namespace must not vanish with it.</summary>
    public static OciException NotEmpty(string space, string repository) =>
        new(Conflict, $"there is a repository in {space}, {repository}; delete what is in the namespace first");

    /// <summary>A registry with users needs somebody who may do everything.</summary>
    public static OciException NoAdministrator() => new(Conflict, "the first user must be an administrator");
}
