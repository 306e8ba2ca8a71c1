using System.Net;
using Registry.Auth.Tokens;
using Registry.Configuration;
using Registry.Protocol;
using Registry.Storage.Oci;

namespace Registry.Edge;

/// <summary>
/// Credentials that cross a network in the clear are lost. They are refused before they are looked at, so that whoever sends them
/// learns of it at the first try, whether they are right or not.
/// </summary>
internal sealed class PlainHttp(RequestDelegate next, RegistryOptions options, TokenVerifier tokens)
{
    // base64 of ":", which containerd and others send for "no credentials".
    private const string NoCredentials = "Og==";

    private const string Why =
        "credentials are refused over plain http, where everyone on the way can read them: use https. "
        + "The operator sets Tls:Certificate, or has a proxy do TLS that is named in Proxies:Trusted and sends X-Forwarded-For and "
        + "X-Forwarded-Proto; Access:AllowHttp=true accepts the risk";

    /// <summary>The declaration of an endpoint that takes secrets in a body.</summary>
    internal sealed record TakesSecrets;

    public async Task InvokeAsync(HttpContext http)
    {
        if (!options.Edge.AllowHttp && RefusesCredentials(http) && !await IsAnonymousAsync(http))
        {
            await ErrorEnvelope.WriteAsync(http, OciError.Denied, Why);
            return;
        }

        await next(http);
    }

    // Whoever pulls what is public gets a token, too, and loses nothing with it.
    private async ValueTask<bool> IsAnonymousAsync(HttpContext http) =>
        http.Request.Headers.Authorization is [{ } header] && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
        && await tokens.VerifyAsync(header.AsMemory(7).Trim()) is { Claims: { External: false, CredentialId: null } };

    /// <summary>Whether a request carries a credential and has crossed a network without TLS.</summary>
    public static bool RefusesCredentials(HttpContext http) =>
        !http.Request.IsHttps && HasCredentials(http) && !IsLocal(http);

    private static bool HasCredentials(HttpContext http)
    {
        foreach (var value in http.Request.Headers.Authorization)
        {
            if (!IsEmpty(value.AsSpan().Trim()))
            {
                return true;
            }
        }

        return HasSecretBody(http);
    }

    // A scheme with nothing behind it, and Basic with neither name nor password, are sent by clients that have no credentials.
    private static bool IsEmpty(ReadOnlySpan<char> value)
    {
        var space = value.IndexOf(' ');
        return space < 0
            ? value.IsEmpty || value.Equals("Basic", StringComparison.OrdinalIgnoreCase) || value.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
            : value[..space].Equals("Basic", StringComparison.OrdinalIgnoreCase) && value[space..].Trim() is NoCredentials;
    }

    // Forms carry passwords, refresh tokens and client secrets. Below /v2/ there are none, but curl calls everything it sends a form.
    private static bool HasSecretBody(HttpContext http) =>
        (HttpMethods.IsPost(http.Request.Method) && http.Request.HasFormContentType && !http.Request.Path.StartsWithSegments("/v2", StringComparison.Ordinal))
        || (http.GetEndpoint()?.Metadata.GetMetadata<TakesSecrets>() is not null
            && !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method));

    // Both ends: a proxy that tells of a client on this machine does not make the way to the proxy one that nobody can read.
    private static bool IsLocal(HttpContext http) =>
        IsThisMachine(http.Connection.RemoteIpAddress)
        && (http.Features.Get<ForwardedHeaders.Passed>() is not { } passed || IsThisMachine(passed.Proxy));

    // A Unix socket has no address.
    private static bool IsThisMachine(IPAddress? address) => address is null || IPAddress.IsLoopback(address);
}
