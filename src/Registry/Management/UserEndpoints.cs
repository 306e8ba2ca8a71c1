using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Storage.Oci;

namespace Registry.Management;

/// <summary>Users: made, disabled, promoted and removed by administrators; each may see itself and change its password.</summary>
internal sealed class UserEndpoints(UserStore users, CredentialStore credentials, Passwords passwords)
{
    public const string Path = "/users";
    public const string One = Path + "/{user}";

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapList<UserView>(Path, ListAsync, "Lists the users");
        app.MapCreate<NewUser, UserView>(Path, PostAsync, "Adds a user");
        app.MapRead<UserView>(One, GetAsync, "Shows a user");
        app.MapChange<UserChange, UserView>(One, PatchAsync, "Disables, enables, promotes or demotes a user");
        app.MapRemove(One, DeleteAsync, "Removes a user with its credentials and grants");
        app.Map(HttpMethods.Put, One + "/password", PutPasswordAsync, "Gives a user a new password", 204, typeof(NewPassword), null);
    }

    public static string Location(string user) => $"{ManagementRoutes.Root}{Path}/{user}";

    private async Task ListAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        var page = ManagementPage.Read(http.Request);
        var found = await users.ListAsync(page.After, page.Limit, http.RequestAborted);
        await ManagementJson.ListAsync(http, page.Cut(http, found, user => user.Name).Select(UserView.Of));
    }

    private async Task PostAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        var wanted = await ManagementJson.ReadAsync<NewUser>(http);
        Input.Name("name", wanted.Name);
        var hash = wanted.Password is null ? null : await passwords.HashAsync(wanted.Name, wanted.Password, http.RequestAborted);
        var user = await users.CreateAsync(http.Author(), wanted.Name, hash, wanted.Administrator, http.RequestAborted)
            ?? throw new OciException(ManagementError.Conflict, $"there is a user {wanted.Name} already");
        await ManagementJson.CreatedAsync(http, Location(user.Name), UserView.Of(user));
    }

    private async Task GetAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Account(http.Named("user")));
        await ManagementJson.WriteAsync(http, UserView.Of((await users.FindAsync(http.Named("user"), http.RequestAborted)).Found()));
    }

    private async Task PatchAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        var change = await ManagementJson.ReadAsync<UserChange>(http);
        var user = await users.ChangeAsync(http.Author(), http.Named("user"), change.Administrator, change.Disabled, http.RequestAborted);
        await ManagementJson.WriteAsync(http, UserView.Of(user.Found()));
    }

    private async Task DeleteAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        await http.DoneAsync(await users.RemoveAsync(http.Author(), http.Named("user"), http.RequestAborted));
    }

    private async Task PutPasswordAsync(HttpContext http)
    {
        var name = http.Named("user");
        http.Demand(ManagementRequest.Account(name));
        var wanted = await ManagementJson.ReadAsync<NewPassword>(http);
        var user = (await users.FindAsync(name, http.RequestAborted)).Found();

        // A token that was found lying about must not become the account.
        if (http.Principal().Subject == user.Id)
        {
            await passwords.CheckAsync(http, name, wanted.Current);
        }

        var hash = await passwords.HashAsync(name, wanted.Password, http.RequestAborted);
        await http.DoneAsync(await credentials.SetPasswordAsync(http.Author(), name, hash, http.RequestAborted));
    }
}

/// <summary>A user to add; without a password it signs in by access tokens or certificates.</summary>
internal sealed record NewUser(string Name, string? Password = null, bool Administrator = false);

/// <summary>What to change of a user; absent members stay.</summary>
internal sealed record UserChange(bool? Administrator = null, bool? Disabled = null);

/// <summary>A new password; the current one is needed for one's own.</summary>
internal sealed record NewPassword(string Password, string? Current = null);

/// <summary>A user.</summary>
internal sealed record UserView(string Name, bool Administrator, bool Disabled, DateTime CreatedAt)
{
    public static UserView Of(User user) => new(user.Name, user.IsAdministrator, user.IsDisabled, Input.Time(user.CreatedAt));
}
