using System.Net;
using Registry.Auth;
using Registry.Auth.Identities;
using Registry.Configuration;
using Registry.Connections;
using Registry.Replicas;

namespace Registry;

/// <summary>The first thing a person sees.</summary>
internal static class Welcome
{
    /// <summary>Says where the registry listens, where the data is, and what to try first.</summary>
    public static async Task PrintAsync(WebApplication app)
    {
        var options = app.Services.GetRequiredService<RegistryOptions>();
        var local = app.Services.GetRequiredService<LocalListener>();
        var urls = app.Urls.Where(url => !local.Is(url) && !InternalConnection.Is(options, url)).ToList();
        var address = new Uri(urls[0].Replace("[::]", "localhost", StringComparison.Ordinal).Replace("*", "localhost", StringComparison.Ordinal));
        var database = options.Storage.Postgres is null ? "embedded SQLite" : "PostgreSQL";
        Console.Error.WriteLine($"""
            Registry is listening on {string.Join(" and ", urls)}
            Data is in {options.Storage.DataDirectory}, metadata in {database}{ObjectsOf(options)}. Stop with Ctrl-C.
            First push:
              docker pull hello-world && docker tag hello-world {address.Authority}/hello
              docker push {address.Authority}/hello
            """);
        var setup = app.Services.GetRequiredService<SetupTokens>();
        if (urls.TrueForAll(IsLoopback))
        {
            await PrintOpenAsync(setup);
        }
        else if (await setup.CreateAsync(CancellationToken.None) is { } token)
        {
            PrintSetup(address, token);
        }

        if (options.Open && await setup.IsNeededAsync(CancellationToken.None))
        {
            Console.Error.WriteLine("Access:Open=true: everyone who can reach these addresses may pull, push and delete until there is a user.");
        }

        if (options.ReadOnly)
        {
            Console.Error.WriteLine("ReadOnly=true: writes are refused.");
        }
    }

    private static async Task PrintOpenAsync(SetupTokens setup)
    {
        if (await setup.IsNeededAsync(CancellationToken.None))
        {
            Console.Error.WriteLine("There is no user yet, and nobody has to sign in. The first one: registry user add NAME --administrator");
        }
    }

    // Whoever reads this started the registry. The token is of use until there is a user, and for a day.
    private static void PrintSetup(Uri address, string token) => Console.Error.WriteLine($$"""
        There is no user yet, and other machines are refused. Make the first administrator on this machine:
          registry user add NAME --administrator
        or from another one, once within 24 hours:
          curl {{address.GetLeftPart(UriPartial.Authority)}}/api/v1/setup -H 'Content-Type: application/json' \
            -d '{"token":"{{token}}","name":"NAME","password":"PASSWORD"}'
        """);

    private static string ObjectsOf(RegistryOptions options) => options.Storage.S3 is { } s3
        ? $", objects in bucket {s3.Bucket} at {s3.Endpoint?.ToString() ?? $"AWS, region {s3.Region}"}"
        : string.Empty;

    private static bool IsLoopback(string url) =>
        BindingAddress.Parse(url) is var address && (address.IsUnixPipe || OpenAccess.IsLocalHost(address.Host)
            || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)));
}
