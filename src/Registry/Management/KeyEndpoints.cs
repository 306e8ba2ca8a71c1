using Registry.Auth.Permissions;
using Registry.Auth.Tokens.Keys;

namespace Registry.Management;

/// <summary>The keys that tokens are signed with: listed and changed by administrators. Their private halves never leave the process.</summary>
internal sealed class KeyEndpoints(SigningKeys keys)
{
    private const string Path = "/keys";

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapList<KeyView>(Path, ListAsync, "Lists the signing keys that are accepted");
        app.Map(HttpMethods.Post, Path + "/rotate", RotateAsync, "Makes a new signing key, which takes over soon", 200, null, typeof(KeyView));
    }

    private async Task ListAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        var current = keys.Current.Kid;
        await ManagementJson.ListAsync(http, keys.All.Select(key => KeyView.Of(key, current)));
    }

    private async Task RotateAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        var key = await keys.RotateAsync(http.Author(), http.RequestAborted);
        await ManagementJson.WriteAsync(http, KeyView.Of(key, keys.Current.Kid));
    }
}

/// <summary>A signing key, public facts only.</summary>
internal sealed record KeyView(string Kid, string Algorithm, bool Current, DateTime CreatedAt, DateTime ActiveAt)
{
    public static KeyView Of(SigningKey key, string current) => new(
        key.Kid, key.Verification.Key.Algorithm.ToString(), key.Kid == current, key.CreatedAt.UtcDateTime, key.ActiveAt.UtcDateTime);
}
