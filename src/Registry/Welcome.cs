using Registry.Configuration;
using Registry.Connections;

namespace Registry;

/// <summary>The first thing a person sees.</summary>
internal static class Welcome
{
    /// <summary>Says where the registry listens, where the data is, and what to try first.</summary>
    public static void Print(WebApplication app)
    {
        var options = app.Services.GetRequiredService<RegistryOptions>();
        var local = app.Services.GetRequiredService<LocalListener>();
        var urls = app.Urls.Where(url => !local.Is(url)).ToList();
        var address = new Uri(urls[0].Replace("[::]", "localhost", StringComparison.Ordinal).Replace("*", "localhost", StringComparison.Ordinal));
        var database = options.Storage.Postgres is null ? "embedded SQLite" : "PostgreSQL";
        Console.Error.WriteLine($"""
            Registry is listening on {string.Join(" and ", urls)}
            Data is in {options.Storage.DataDirectory}, metadata in {database}. Stop with Ctrl-C.
            First push:
              docker pull hello-world && docker tag hello-world {address.Authority}/hello
              docker push {address.Authority}/hello
            """);
        if (options.Open)
        {
            Console.Error.WriteLine("Access:Open=true: everyone who can reach these addresses may pull, push and delete.");
        }

        if (options.ReadOnly)
        {
            Console.Error.WriteLine("ReadOnly=true: writes are refused.");
        }
    }
}
