using Registry.Access;
using Registry.Auth.Audit;
using Registry.Auth.Identities;
using Registry.Edge;
using Registry.Storage.Oci;

namespace Registry.Management;

/// <summary>Makes the first administrator, for whoever has the token that was printed at the start.</summary>
internal sealed class SetupEndpoints(SetupTokens tokens, Passwords passwords, AuditLog audit)
{
    public const string Path = "/setup";

    private const int MaxToken = 100;

    public void Map(IEndpointRouteBuilder app) => app.MapCreate<Setup, UserView>(
        Path, PostAsync, "Makes the first administrator", Permission.SignIn).WithMetadata(new PlainHttp.TakesSecrets());

    private async Task PostAsync(HttpContext http)
    {
        var setup = await ManagementJson.ReadAsync<Setup>(http);
        Input.Name("name", setup.Name);
        var address = http.Connection.RemoteIpAddress?.ToString();
        if (setup.Token.Length > MaxToken || !await tokens.IsValidAsync(setup.Token, http.RequestAborted))
        {
            throw Refused(address);
        }

        var hash = await passwords.HashAsync(setup.Name, setup.Password, http.RequestAborted);
        var user = await tokens.RedeemAsync(setup.Token, address, setup.Name, hash, http.RequestAborted) ?? throw Refused(address);
        await ManagementJson.CreatedAsync(http, UserEndpoints.Location(user.Name), UserView.Of(user));
    }

    private OciException Refused(string? address)
    {
        audit.Record(new AuditEvent(null, address, "setup", null, AuditEvent.Refused));
        return new OciException(OciError.Denied, "the set-up token is not valid, or not any more; each start prints a new one as long as there is no user");
    }
}

/// <summary>The first administrator.</summary>
internal sealed record Setup(string Token, string Name, string Password);
