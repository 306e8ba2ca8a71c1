using System.Net;
using Registry.Upstreams;

namespace Registry.Tests.Upstreams;

/// <summary>Where an upstream can lead the registry to.</summary>
public sealed class AddressTests
{
    // {port} is where somebody listens on all addresses of this machine.
    public static TheoryData<string> HostileHosts =>
    [
        "127.0.0.1:{port}", "127.0.0.2:{port}", "127.1:{port}", "2130706433:{port}", "0x7f000001:{port}", "0x7f.1:{port}", "0177.0.0.1:{port}", "017700000001:{port}",
        "localhost:{port}", "LOCALHOST:{port}", "localhost.:{port}", "0.0.0.0:{port}", "0:{port}", "[::1]:{port}", "[0:0:0:0:0:0:0:1]:{port}", "[::]:{port}",
        "[::ffff:127.0.0.1]:{port}", "[::ffff:7f00:1]:{port}", "[::127.0.0.1]:{port}", "[::ffff:0:127.0.0.1]:{port}", "[64:ff9b::127.0.0.1]:{port}", "[2002:7f00:1::]:{port}",
        "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]",
        "[fd00:ec2::254]", "168.63.129.16", "100.100.100.200", "192.0.0.192", "10.0.0.1", "10.255.255.254", "172.16.0.1", "172.31.255.254", "192.168.0.1", "100.64.0.1",
        "100.127.255.254", "198.18.0.1", "198.19.255.254", "192.0.2.1", "198.51.100.1", "203.0.113.1", "0.1.2.3", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "[fc00::1]", "[fd12:3456::1]", "[fe80::1]", "[fe80::1%25lo]", "[fe80::1%25eth0]", "[febf::1]", "[fec0::1]", "[ff02::1]", "[ff05::2]", "[2001:db8::1]", "[100::1]", "[2001::1]",
        "[64:ff9b:1::1]",
    ];

    [Theory]
    [MemberData(nameof(HostileHosts))]
    public async Task S50_a_redirect_leads_to_no_address_inside(string host)
    {
        await using var inside = await HostileUpstream.StartAsync(address: IPAddress.IPv6Any);
        await using var bench = await UpstreamBench.StartAsync();
        bench.RedirectTo($"http://{host.Replace("{port}", $"{inside.Address.Port}", StringComparison.Ordinal)}/v2/library/app/manifests/v1");

        var answer = await bench.GetAsync("manifests/v1");

        // The same text as for a port that nobody listens on.
        Assert.Equal((UpstreamOutcome.Unavailable, "The upstream could not be reached."), (answer.Outcome, answer.Why));
        Assert.Empty(inside.Requests);
    }

    [Fact]
    public async Task S50_a_challenge_leads_to_no_address_inside()
    {
        await using var bench = await UpstreamBench.StartAsync(options => options with { Credentials = [UpstreamBench.Credential("anna")] });
        var inside = await bench.StartAnotherAsync();
        bench.Upstream.Tokens.Challenges = [$"Bearer realm=\"http://localhost:{inside.Address.Port}/token\""];

        var answer = await bench.GetAsync("manifests/v1");

        Assert.Equal((UpstreamOutcome.Unavailable, "The upstream could not be reached."), (answer.Outcome, answer.Why));
        Assert.Empty(inside.Requests);
    }

    [Fact]
    public async Task S50_a_port_that_nobody_listens_on_reads_like_a_refused_address()
    {
        await using var bench = await UpstreamBench.StartAsync(options => options with { Networks = [IPNetwork.Parse("127.0.0.0/8")] });
        bench.RedirectTo($"http://127.0.0.1:{Ports.Next()}/");

        Assert.Equal("The upstream could not be reached.", (await bench.GetAsync("manifests/v1")).Why);
    }

    [Theory]
    [InlineData("127.0.0.0/8")]
    [InlineData("0.0.0.0/0")]
    public async Task What_Networks_has_may_be_led_to(string network)
    {
        await using var bench = await UpstreamBench.StartAsync(options => options with { Networks = [IPNetwork.Parse(network)] });
        var other = await bench.StartAnotherAsync();
        other.Content.Put(UpstreamBench.Repository, bench.Image, "v1");
        bench.RedirectTo($"{other.Address}v2/{UpstreamBench.Repository}/manifests/v1");

        Assert.Equal(UpstreamOutcome.Found, await bench.OutcomeAsync());
    }

    [Fact]
    public async Task S50_through_a_proxy_no_refused_address_is_asked_for()
    {
        await using var bench = await UpstreamBench.StartAsync();
        var client = bench.Connect(new Uri("http://upstream.invalid/"), options => options with { Proxy = bench.Upstream.Address });

        var answer = await bench.AskAsync(new(HttpMethod.Get, UpstreamBench.Repository, "manifests/v1"), client);
        Assert.Equal((UpstreamOutcome.Found, "upstream.invalid"), (answer.Outcome, bench.Upstream.Requests[0].Headers["Host"]));

        bench.Upstream.Forget();
        bench.RedirectTo("http://169.254.169.254/latest/meta-data/");
        Assert.Equal(UpstreamOutcome.Unavailable, (await bench.AskAsync(new(HttpMethod.Get, UpstreamBench.Repository, "manifests/v1"), client)).Outcome);
        Assert.Single(bench.Upstream.Requests);
    }

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.15.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("2606:4700::1111")]
    [InlineData("64:ff9b::1.1.1.1")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("2002:101:101::1")]
    public void Public_addresses_may_be_led_to(string address) => Assert.True(new AddressPolicy([]).Allows(IPAddress.Parse(address)));
}
