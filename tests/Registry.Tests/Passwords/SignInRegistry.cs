using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Registry.Auth.Passwords;
using Registry.Auth.Tokens;
using Registry.Storage.Metadata;

namespace Registry.Tests.Passwords;

/// <summary>A registry whose users sign in with passwords, from any address within 127.0.0.0/8.</summary>
internal sealed class SignInRegistry : IAsyncDisposable
{
    public const string Password = "tram-Ferry-basalt";

    public static readonly string Hash = PasswordHash.Create(Password);

    private readonly RegistryApp app;
    private readonly Dictionary<string, HttpClient> clients = [];

    private SignInRegistry(RegistryApp app) => this.app = app;

    public PasswordVerifier Verifier => app.Services.GetRequiredService<PasswordVerifier>();

    private Database Database => app.Services.GetRequiredService<Database>();

    public static async Task<SignInRegistry> StartAsync(Engine engine, params string[] users)
    {
        var registry = new SignInRegistry(await RegistryApp.StartAsync(engine));
        foreach (var user in users)
        {
            await registry.AddAsync(user, Hash);
        }

        return registry;
    }

    public Task AddAsync(string user, string hash) => Database.WriteAsync(
        async session =>
        {
            var id = await session.FirstAsync<long>(
                "insert into subject (kind, name, created_at) values (1, @user, now_ms()) returning id", new { user });
            return await AddCredentialAsync(session, id, 1, Encoding.UTF8.GetBytes(hash));
        },
        CancellationToken.None);

    public async Task<string> AddTokenAsync(string user)
    {
        var token = Secrets.Create(Secrets.AccessToken);
        await Database.WriteAsync(
            async session => await AddCredentialAsync(session, await IdAsync(session, user), 2, Secrets.Hash(token)), CancellationToken.None);
        return token;
    }

    /// <summary>Another password, as another replica would store it.</summary>
    public Task SetHashAsync(string user, string hash) => ExecuteAsync(
        "update credential set secret = @secret where kind = 1 and subject_id = (select id from subject where name = @user)",
        new { user, secret = Encoding.UTF8.GetBytes(hash) });

    /// <summary>Ends a user, as another replica would.</summary>
    public Task DisableAsync(string user) =>
        ExecuteAsync("update subject set disabled_at = now_ms(), epoch = epoch + 1 where name = @user", new { user });

    public async Task<string> HashOfAsync(string user)
    {
        await using var session = await Database.ReadAsync(CancellationToken.None);
        var secret = await session.FirstAsync<byte[]>(
            "select c.secret from credential c join subject s on s.id = c.subject_id where c.kind = 1 and s.name = @user", new { user });
        return Encoding.UTF8.GetString(secret!);
    }

    /// <summary>A token request with Basic credentials from one of the addresses of this machine.</summary>
    public Task<HttpResponseMessage> SignInAsync(string user, string secret, string from = "127.0.0.1") => SendAsync("/token", user, secret, from);

    public Task<HttpResponseMessage> SendAsync(string path, string user, string secret, string from = "127.0.0.1")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{secret}")));
        return ClientAt(from).SendAsync(request);
    }

    public Task<HttpResponseMessage> PostAsync(string user, string secret) => ClientAt("127.0.0.1").PostAsync(
        "/token",
        new FormUrlEncodedContent([new("grant_type", "password"), new("service", "registry"), new("username", user), new("password", secret)]));

    public async Task<HttpStatusCode> StatusAsync(string user, string secret, string from = "127.0.0.1")
    {
        using var response = await SignInAsync(user, secret, from);
        return response.StatusCode;
    }

    public HttpClient ClientAt(string from)
    {
        lock (clients)
        {
            return clients.TryGetValue(from, out var client) ? client : clients[from] = CreateClient(IPAddress.Parse(from));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients.Values)
        {
            client.Dispose();
        }

        await app.DisposeAsync();
    }

    private static Task<long> IdAsync(Session session, string user) => session.FirstAsync<long>("select id from subject where name = @user", new { user });

    private static Task<int> AddCredentialAsync(Session session, long subject, int kind, byte[] secret) => session.ExecuteAsync(
        "insert into credential (subject_id, kind, secret, created_at) values (@subject, @kind, @secret, now_ms())",
        new { subject, kind, secret });

    private Task ExecuteAsync(string sql, object parameters) =>
        Database.WriteAsync(session => session.ExecuteAsync(sql, parameters), CancellationToken.None);

    private HttpClient CreateClient(IPAddress from)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Bind(new IPEndPoint(from, 0));
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new HttpClient(handler) { BaseAddress = app.Address, Timeout = Eventually.Guard };
    }
}
