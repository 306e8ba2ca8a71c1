using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Registry.Connections;

/// <summary>
/// A feature of the connections that came over the socket in the data directory: whoever may open it may also read and write
/// the data directory itself, so that there is nothing left to refuse.
/// </summary>
internal sealed class LocalAdministrator
{
    private static readonly LocalAdministrator Instance = new();

    /// <summary>Whether a request came over the socket in the data directory.</summary>
    public static bool Sent(HttpContext http) => http.Features.Get<LocalAdministrator>() is not null;

    /// <summary>Marks the connections of a listener.</summary>
    public static void Use(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Features.Set(Instance);
        return next(connection);
    });
}
