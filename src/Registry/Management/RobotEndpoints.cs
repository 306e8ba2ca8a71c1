using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Storage.Oci;

namespace Registry.Management;

/// <summary>The robots of a namespace. Its owners make them; each can give itself a new secret.</summary>
internal sealed class RobotEndpoints(RobotStore robots, NamespaceStore namespaces)
{
    private const string Path = NamespaceEndpoints.One + "/robots";
    private const string One = Path + "/{robot}";
    private const long MaxGrace = 24 * 60 * 60;

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapList<RobotView>(Path, ListAsync, "Lists the robots of a namespace");
        app.MapCreate<NewRobot, IssuedRobot>(Path, PostAsync, "Adds a robot; the answer alone has its secret");
        app.MapRead<RobotView>(One, GetAsync, "Shows a robot");
        app.MapChange<RobotChange, RobotView>(One, PatchAsync, "Disables a robot; administrators enable it again");
        app.MapRemove(One, DeleteAsync, "Removes a robot with its grants");
        app.Map(
            HttpMethods.Post, One + "/rotate", RotateAsync, "Gives a robot a new secret, which the answer alone has", 200, typeof(Rotation), typeof(RotatedSecret));
    }

    private async Task ListAsync(HttpContext http)
    {
        var space = await FindNamespaceAsync(http);
        var page = ManagementPage.Read(http.Request);
        var found = await robots.ListAsync(space, page.After, page.Limit, http.RequestAborted);
        await ManagementJson.ListAsync(http, page.Cut(http, found, robot => robot.Name).Select(RobotView.Of));
    }

    private async Task PostAsync(HttpContext http)
    {
        var space = await FindNamespaceAsync(http);
        var wanted = await ManagementJson.ReadAsync<NewRobot>(http);
        var name = Input.Name("name", wanted.Name);
        var made = await robots.CreateAsync(
            http.Author(), space, name, Input.Lifetime("expiresInSeconds", wanted.ExpiresInSeconds), http.RequestAborted)
            ?? throw new OciException(ManagementError.Conflict, $"there is a robot {name} in {space} already");
        await ManagementJson.CreatedAsync(
            http,
            $"{NamespaceEndpoints.Location(space)}/robots/{name}",
            new IssuedRobot(RobotView.Of(made.Robot), made.Secret.Secret, Input.Time(made.Secret.Credential.ExpiresAt)));
    }

    private async Task GetAsync(HttpContext http)
    {
        Demand(http);
        var robot = await robots.FindAsync(http.Named("namespace"), http.Named("robot"), http.RequestAborted);
        await ManagementJson.WriteAsync(http, RobotView.Of(robot.Found()));
    }

    private async Task PatchAsync(HttpContext http)
    {
        Demand(http);
        var change = await ManagementJson.ReadAsync<RobotChange>(http);
        if (!change.Disabled && !http.Principal().IsAdministrator)
        {
            throw new OciException(OciError.Denied, "only an administrator can enable who was disabled");
        }

        var robot = await robots.ChangeAsync(http.Author(), http.Named("namespace"), http.Named("robot"), change.Disabled, http.RequestAborted);
        await ManagementJson.WriteAsync(http, RobotView.Of(robot.Found()));
    }

    private async Task DeleteAsync(HttpContext http)
    {
        Demand(http);
        await http.DoneAsync(await robots.RemoveAsync(http.Author(), http.Named("namespace"), http.Named("robot"), http.RequestAborted));
    }

    private async Task RotateAsync(HttpContext http)
    {
        var (space, robot) = (http.Named("namespace"), http.Named("robot"));
        http.Demand(ManagementRequest.Rotate(space, SubjectName.OfRobot(space, robot)));
        var wanted = ManagementRoutes.HasBody(http.Request) ? await ManagementJson.ReadAsync<Rotation>(http) : new Rotation();
        var grace = wanted.GraceSeconds is >= 0 and <= MaxGrace
            ? TimeSpan.FromSeconds(wanted.GraceSeconds)
            : throw Input.Invalid("graceSeconds", $"it must be a number of seconds from 0 to {MaxGrace}");
        var issued = (await robots.RotateAsync(http.Author(), space, robot, grace, http.RequestAborted)).Found();
        await ManagementJson.WriteAsync(http, new RotatedSecret(issued.Secret, Input.Time(issued.Credential.ExpiresAt)));
    }

    private async Task<string> FindNamespaceAsync(HttpContext http)
    {
        Demand(http);
        return (await namespaces.FindAsync(http.Named("namespace"), http.RequestAborted)).Found().Name;
    }

    private static void Demand(HttpContext http) => http.Demand(ManagementRequest.Manage(NamePattern.Namespace(http.Named("namespace"))));
}

/// <summary>A robot to add. Its secrets expire after that many seconds, each; without, never.</summary>
internal sealed record NewRobot(string Name, long? ExpiresInSeconds = null);

/// <summary>What to change of a robot.</summary>
internal sealed record RobotChange(bool Disabled);

/// <summary>How long the old secret still holds, 0 to 86400 seconds.</summary>
internal sealed record Rotation(long GraceSeconds = 0);

/// <summary>A robot; it signs in with <c>SignInName</c>.</summary>
internal sealed record RobotView(string Name, string SignInName, bool Disabled, DateTime CreatedAt)
{
    public static RobotView Of(Robot robot) => new(robot.Name, robot.SignInName, robot.IsDisabled, Input.Time(robot.CreatedAt));
}

/// <summary>A new robot with its secret, which is shown this once.</summary>
internal sealed record IssuedRobot(RobotView Robot, string Secret, DateTime? ExpiresAt);

/// <summary>A new secret, which is shown this once.</summary>
internal sealed record RotatedSecret(string Secret, DateTime? ExpiresAt);
