using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Registry.Replicas;
using Registry.Storage.Objects;

namespace Registry.Tests.Replicas;

/// <summary>One replica that writes, and another that asks it.</summary>
internal sealed class Pair : IAsyncDisposable
{
    public required RegistryApp First { get; init; }

    public required RegistryApp Second { get; init; }

    public required HttpClient Http { get; init; }

    public GrowingObjects Growing => First.Services.GetRequiredService<GrowingObjects>();

    public InternalTokens Tokens => Second.Services.GetRequiredService<InternalTokens>();

    public static async Task<Pair> StartAsync(Engine engine = Engine.Postgres, params (string Key, string Value)[] settings)
    {
        var address = new Uri($"http://127.0.0.1:{Ports.Next()}/");
        var first = await RegistryApp.StartAsync(engine, [.. settings, ("Internal:Address", address.GetLeftPart(UriPartial.Authority))]);
        return new Pair
        {
            First = first,
            Second = await ReplicaRowTests.StartSecondAsync(first),
            Http = new HttpClient { BaseAddress = address, Timeout = Eventually.Guard },
        };
    }

    public async Task<HttpResponseMessage> FollowAsync(ObjectId id, long from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/internal/objects/{id}?from={from}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Tokens.Issue(id));
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Second.DisposeAsync();
        await First.DisposeAsync();
    }
}
