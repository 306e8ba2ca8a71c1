using Registry.Storage.Oci;

namespace Registry.Mirror;

/// <summary>A repository that is an upstream's, under the one name that everything here knows it by.</summary>
/// <param name="Upstream">Where it comes from.</param>
/// <param name="Name">Its name here: the upstream's alias, and the name there.</param>
/// <param name="Remote">Its name there.</param>
internal sealed record Mirrored(Upstream Upstream, RepositoryName Name, string Remote)
{
    /// <summary>The upstream's repository that the current request is for; null when it is for one of our own.</summary>
    public static Mirrored? Of(HttpContext http) => http.Features.Get<Mirrored>();
}
