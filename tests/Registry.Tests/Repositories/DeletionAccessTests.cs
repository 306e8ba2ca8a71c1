using System.Net;
using System.Net.Http.Headers;
using Registry.Tests.Management;
using Registry.Tests.Model.Interleavings;
using Registry.Tests.Wire;

namespace Registry.Tests.Repositories;

/// <summary>Who may delete a repository, and what is left of the rights on it.</summary>
public sealed class DeletionAccessTests
{
    private const string Name = "team/app";
    private const string Path = $"/repositories/{Name}";

    [Theory, Engines]
    public async Task Its_owners_and_administrators_may_and_nobody_else_learns_whether_it_is_there(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var owner = await accounts.UserAsync("olga", "owner", "team/*");
        var limited = await accounts.TokenAsync(owner, ("team/*", ["pull"]));
        await PushAsync(app, owner, "v1");

        foreach (var other in new[]
        {
            await accounts.UserAsync("maria", "maintainer", "team/*"), await accounts.UserAsync("oskar", "owner", "other/*"),
            await accounts.UserAsync("otto", "owner", "team/app-*"), await accounts.UserAsync("nobody"),
        })
        {
            await app.As(other).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Delete, Path);
            await app.As(other).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Delete, "/repositories/team/none");
        }

        await app.As(null).ExpectAsync(HttpStatusCode.Unauthorized, HttpMethod.Delete, Path);
        await app.As(limited).ExpectAsync(HttpStatusCode.Forbidden, HttpMethod.Delete, Path);
        await app.As(owner).ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, Path);
        await app.As(owner).ExpectAsync(HttpStatusCode.NotFound, HttpMethod.Delete, Path);
        await PushAsync(app, owner, "v1");
        await app.As(accounts.Administrator).ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, Path);

        Assert.Equal(["admin", "olga"], await app.As(accounts.Administrator).ListAsync("/audit?action=repository.delete", "actor"));
        Assert.Equal([Name, Name], await app.As(accounts.Administrator).ListAsync("/audit?action=repository.delete", "target"));
    }

    [Theory, Engines]
    public async Task S26_A_token_for_it_is_none_for_the_next_of_its_name(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var owner = await accounts.UserAsync("olga", "owner", "team/*");
        await PushAsync(app, owner, "v1");
        var old = await TokenAsync(app, owner);
        Assert.Equal(200, await PullAsync(app, old));

        await app.As(owner).ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, Path);
        Assert.NotEqual(200, await PullAsync(app, old));
        await PushAsync(app, owner, "v1");

        Assert.Equal(401, await PullAsync(app, old));
        Assert.Equal(200, await PullAsync(app, await TokenAsync(app, owner)));
    }

    [Theory, Engines]
    public async Task Rights_on_it_alone_and_by_a_team_are_none_on_the_next_of_its_name(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        using var accounts = await Accounts.CreateAsync(app);
        var (owner, reader, member) = (await accounts.UserAsync("olga", "owner", "team/*"), await accounts.UserAsync("rita"), await accounts.UserAsync("mia"));
        await PushAsync(app, owner, "v1");
        await accounts.GrantAsync(reader, "reader", Name);
        await accounts.TeamAsync("friends", member);
        await accounts.GrantTeamAsync("friends", "reader", Name);
        Assert.Equal((200, 200), (await PullAsync(app, reader.Basic), await PullAsync(app, member.Basic)));

        await app.As(owner).ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Delete, Path);
        await PushAsync(app, owner, "v1");

        Assert.Equal((404, 404), (await PullAsync(app, reader.Basic), await PullAsync(app, member.Basic)));
    }

    private static async Task PushAsync(RegistryApp app, Account account, string tag)
    {
        using var http = new HttpClient { BaseAddress = app.Address };
        http.DefaultRequestHeaders.Authorization = account.Basic;
        await new Lone().PushAsync(new RepositoryWire(http, Name), tag);
    }

    private static async Task<AuthenticationHeaderValue> TokenAsync(RegistryApp app, Account account)
    {
        var answer = (await app.Client.SendAsync(
            "GET", $"/token?service=registry&scope=repository:{Name}:pull", ("Authorization", $"{account.Basic}"))).Is(200);
        return new AuthenticationHeaderValue("Bearer", (string)answer.Json()["token"]!);
    }

    private static async Task<int> PullAsync(RegistryApp app, AuthenticationHeaderValue credential) =>
        (await new RepositoryWire(app.Client, Name).GetAsync("manifests/v1", ("Authorization", $"{credential}"))).Status;
}
