using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Registry.CommandLine;

/// <summary>
/// How a command reaches the registry: at an address with an access token; else over the socket in the data directory, where, if
/// no registry runs on it, one is started for as long as the command takes.
/// </summary>
internal sealed class Connection : IAsyncDisposable
{
    private readonly HttpClient client;
    private readonly WebApplication? application;

    private Connection(HttpClient client, WebApplication? application, bool isLocal)
    {
        this.client = client;
        this.application = application;
        IsLocal = isLocal;
        Api = new Api(client);
    }

    public Api Api { get; }

    /// <summary>Whether it is the socket, behind which nobody has to sign in.</summary>
    public bool IsLocal { get; }

    /// <summary>An address, with a token unless the request needs none.</summary>
    public static Connection To(string server, string? token)
    {
        if (!Uri.TryCreate(server, UriKind.Absolute, out var address) || !(address.Scheme is "http" or "https"))
        {
            throw new CommandException($"{server} is no address such as https://registry.example.com");
        }

        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = address };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return new Connection(client, null, isLocal: false);
    }

    /// <summary>The socket in the data directory that the settings name.</summary>
    public static async Task<Connection> ToLocalAsync(string[] settings, CancellationToken cancellationToken)
    {
        var directory = RegistryApplication.StorageOf(settings).DataDirectory;
        if (await TryConnectAsync(directory, cancellationToken) is { } running)
        {
            return new Connection(running, null, isLocal: true);
        }

        if (!LocalSocket.IsPossible(LocalSocket.PathIn(directory)))
        {
            throw new CommandException($"no socket can be made in {directory}: its path is too long. Choose another DataDirectory, or use --server");
        }

        var application = RegistryApplication.Build(
            [.. settings, "--AccessLog:Enabled=false", "--Logging:LogLevel:Default=Warning"], localOnly: true);
        try
        {
            await application.StartAsync(cancellationToken);
            return await TryConnectAsync(directory, cancellationToken) is { } client
                ? new Connection(client, application, isLocal: true)
                : throw new CommandException($"there is no socket in {directory}");
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (application is not null)
        {
            await application.StopAsync();
            await application.DisposeAsync();
        }
    }

    private static async Task<HttpClient?> TryConnectAsync(string directory, CancellationToken cancellationToken)
    {
        var client = LocalSocket.CreateClient(directory);
        try
        {
            using var response = await client.GetAsync("/healthz", cancellationToken);
            return client;
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException)
        {
            client.Dispose();
            return null;
        }
    }
}
