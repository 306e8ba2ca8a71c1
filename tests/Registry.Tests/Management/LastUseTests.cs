using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Registry.Auth.Identities;

namespace Registry.Tests.Management;

/// <summary>When a credential was last used, which tells whether anybody would miss it.</summary>
public sealed class LastUseTests
{
    [Theory]
    [Engines]
    public async Task A_token_and_a_session_tell_when_they_were_last_used_and_others_are_silent(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var alice = await accounts.UserAsync("alice", "writer", "team/*");
        var used = await accounts.TokenAsync(alice);
        await accounts.TokenAsync(alice);
        var (_, refresh) = await SignInAsync(app, alice);
        await SignInAsync(app, alice);
        Assert.All(await TimesAsync(app, alice, "tokens"), time => Assert.Null(time));
        Assert.All(await TimesAsync(app, alice, "sessions"), time => Assert.Null(time));

        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        await app.As(used).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");
        await app.As(used).ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/whoami");
        await RefreshAsync(app, refresh);
        await app.Services.GetRequiredService<LastUse>().WriteAsync(CancellationToken.None);

        Assert.Equal([true, false], (await TimesAsync(app, alice, "tokens")).Select(time => time >= before));
        Assert.Equal([true, false], (await TimesAsync(app, alice, "sessions")).Select(time => time >= before));
    }

    [Theory]
    [Engines]
    public async Task A_stop_writes_what_was_noted_and_a_bearer_token_is_no_use_of_what_it_was_issued_for(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var alice = await accounts.UserAsync("alice", "writer", "team/*");
        var token = await accounts.TokenAsync(alice);
        var (bearer, _) = await SignInAsync(app, token);
        await app.RestartAsync();
        var first = Assert.Single(await TimesAsync(app, alice, "tokens"));
        Assert.NotNull(first);

        using (var request = new HttpRequestMessage(HttpMethod.Get, "/v2/") { Headers = { { "Authorization", $"Bearer {bearer}" } } })
        {
            using var response = await app.Client.SendAsync(request);
            await OciAssert.StatusAsync(response, HttpStatusCode.OK);
        }

        await app.RestartAsync();
        Assert.Equal(first, Assert.Single(await TimesAsync(app, alice, "tokens")));
    }

    private static async Task<(string Bearer, string Refresh)> SignInAsync(RegistryApp app, Account account)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/token?service=registry&offline_token=true&client_id=docker");
        request.Headers.Authorization = account.Basic;
        using var response = await app.Client.SendAsync(request);
        var answer = await OciAssert.JsonAsync(response);
        return (answer.GetProperty("token").GetString()!, answer.TryGetProperty("refresh_token", out var refresh) ? refresh.GetString()! : string.Empty);
    }

    private static async Task RefreshAsync(RegistryApp app, string refreshToken)
    {
        using var form = new FormUrlEncodedContent([new("grant_type", "refresh_token"), new("service", "registry"), new("refresh_token", refreshToken)]);
        using var response = await app.Client.PostAsync("/token", form);
        await OciAssert.StatusAsync(response, HttpStatusCode.OK);
    }

    // In the order in which they were made.
    private static async Task<IReadOnlyList<DateTimeOffset?>> TimesAsync(RegistryApp app, Account of, string kind) =>
        [.. (await app.As(of).ReadAsync($"/users/{of.Name}/{kind}")).GetProperty("items").EnumerateArray()
            .Select(item => item.TryGetProperty("lastUsedAt", out var time) && time.ValueKind is JsonValueKind.String ? time.GetDateTimeOffset() : (DateTimeOffset?)null)];
}
