using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Upstreams;

namespace Registry.Tests.Upstreams;

/// <summary>Signing in at other registries as they are installed elsewhere, and at this one.</summary>
[Trait("Needs", "clients")]
public sealed class SignedInUpstreamTests
{
    // Of "secret of anna".
    private const string Hash = "$2y$05$OVkYUfPwnGT7QzUxq7Uvleq3jAfdKY9WO.ajmc.uy53TcJYLyx3yy";

    private static readonly UpstreamCredential Anna = UpstreamBench.Credential("anna");

    private readonly Image _image = Image.Random();

    [Fact]
    public async Task A_registry_with_passwords_is_shown_one()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("htpasswd"), $"anna:{Hash}\n");
        await using var upstream = await UpstreamRegistry.StartAsync($"""
            auth:
              htpasswd:
                realm: upstream
                path: {directory.File("htpasswd")}
            """);
        upstream.Client.DefaultRequestHeaders.Authorization = AuthenticationHeaderValue.Parse(UpstreamBench.BasicOf("anna"));
        await upstream.Repository("team/app").PushImageAsync(_image, "v1");

        Assert.Equal(UpstreamOutcome.Found, await OutcomeAsync(upstream.Address, "team/app", Anna));
        Assert.Equal(UpstreamOutcome.Missing, await OutcomeAsync(upstream.Address, "team/none", Anna));
        Assert.Equal(UpstreamOutcome.Unavailable, await OutcomeAsync(upstream.Address, "team/app", new UpstreamCredential("anna", "wrong", null)));
        Assert.Equal(UpstreamOutcome.Unavailable, await OutcomeAsync(upstream.Address, "team/app"));
    }

    [Fact]
    public async Task A_registry_with_a_token_server_is_shown_a_token()
    {
        await using var tokens = await DistributionTokens.StartAsync();
        await using var upstream = await UpstreamRegistry.StartAsync(tokens.Configuration);
        upstream.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.Issue("team/app", "pull", "push"));
        await upstream.Repository("team/app").PushImageAsync(_image, "v1");

        Assert.Equal(UpstreamOutcome.Found, await OutcomeAsync(upstream.Address, "team/app", Anna));
        Assert.Equal(UpstreamBench.BasicOf("anna"), Assert.Single(tokens.Requests).Authorization);
        Assert.Equal(UpstreamOutcome.Missing, await OutcomeAsync(upstream.Address, "team/none", Anna));
        Assert.Equal(UpstreamOutcome.Missing, await OutcomeAsync(upstream.Address, "team/app"));
    }

    [Fact]
    public async Task This_registry_is_an_upstream_with_its_own_token_server()
    {
        await using var upstream = await RegistryApp.StartAsync();
        using var accounts = await Accounts.CreateAsync(upstream);
        var reader = await accounts.UserAsync("anna", "reader", "team/*");
        upstream.Client.DefaultRequestHeaders.Authorization = accounts.Administrator.Basic;
        await upstream.Repository("team/app").PushImageAsync(_image, "v1");
        var credential = new UpstreamCredential(reader.Name, reader.Secret, null);

        Assert.Equal(UpstreamOutcome.Found, await OutcomeAsync(upstream.Address, "team/app", credential));
        Assert.Equal(UpstreamOutcome.Missing, await OutcomeAsync(upstream.Address, "other/app", credential));
        Assert.Equal(UpstreamOutcome.Missing, await OutcomeAsync(upstream.Address, "team/app"));
        Assert.Equal(UpstreamOutcome.Unavailable, await OutcomeAsync(upstream.Address, "team/app", new UpstreamCredential(reader.Name, "wrong", null)));
    }

    // The token server is on this machine, too, at another port.
    private static async Task<UpstreamOutcome> OutcomeAsync(Uri address, string repository, params UpstreamCredential[] credentials)
    {
        var options = new UpstreamOptions { Alias = "other", Address = address, Credentials = credentials, Networks = [IPNetwork.Parse("127.0.0.0/8")] };
        using var client = new UpstreamClient(options, TimeProvider.System, NullLogger<UpstreamClient>.Instance);
        using var answer = await client.SendAsync(new(HttpMethod.Get, repository, "manifests/v1"), CancellationToken.None);
        return answer.Outcome;
    }
}
