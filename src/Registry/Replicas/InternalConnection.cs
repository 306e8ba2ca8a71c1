using Microsoft.AspNetCore.Server.Kestrel.Core;
using Registry.Configuration;

namespace Registry.Replicas;

/// <summary>A feature of the connections that came over the listener for other replicas. Nothing public is served on them.</summary>
internal sealed class InternalConnection
{
    private static readonly InternalConnection Instance = new();

    /// <summary>Listens for the other replicas, where there is an address for them.</summary>
    public static void Listen(KestrelServerOptions kestrel, RegistryOptions options)
    {
        if (options.InternalAddress is { } address)
        {
            kestrel.Listen([address], Use);
        }
    }

    /// <summary>Whether a request came over that listener.</summary>
    public static bool Sent(HttpContext http) => http.Features.Get<InternalConnection>() is not null;

    /// <summary>Whether an address that the server listens on is that listener.</summary>
    public static bool Is(RegistryOptions options, string url) =>
        options.InternalAddress is { } address && BindingAddress.Parse(url) is var other && address.Port == other.Port && address.Scheme == other.Scheme;

    private static void Use(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Features.Set(Instance);
        return next(connection);
    });
}
