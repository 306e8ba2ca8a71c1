namespace Registry.Mirror;

/// <summary>A way to an upstream's repositories under the names that they have there.</summary>
/// <param name="Upstream">The upstream behind it.</param>
/// <param name="IsOpen">
/// Whether credentials are neither asked for nor looked at: Docker never sends what it has stored for a mirror, and hands one that
/// asks the user's credentials of Docker Hub.
/// </param>
internal sealed record Door(Upstream Upstream, bool IsOpen)
{
    /// <summary>The door that the current request came through; null for none.</summary>
    public static Door? Of(HttpContext http) => http.Features.Get<Door>();
}
