using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Registry.Tests.Tokens;

/// <summary>The web server of a token server's keys.</summary>
public sealed class KeyServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _requests;

    private KeyServer(WebApplication application) => _application = application;

    public string Body { get; set; } = "";

    public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

    /// <summary>Where <c>/redirect</c> leads to.</summary>
    public string Location { get; set; } = "";

    public int Requests => Volatile.Read(ref _requests);

    public Uri Address => new(_application.Urls.First() + "/");

    public static async Task<KeyServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var server = new KeyServer(builder.Build());
        server._application.Run(server.AnswerAsync);
        await server._application.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        switch (context.Request.Path.Value)
        {
            case "/redirect":
                context.Response.Redirect(Location);
                return Task.CompletedTask;
            case "/loop":
                context.Response.Redirect("/loop");
                return Task.CompletedTask;
            default:
                context.Response.StatusCode = (int)Status;
                return context.Response.WriteAsync(Body);
        }
    }
}
