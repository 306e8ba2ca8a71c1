using System.Net;
using Microsoft.Extensions.Configuration;
using Registry.Configuration;
using Registry.Upstreams;

namespace Registry.Tests.Upstreams;

/// <summary>What can be said of upstreams in the configuration.</summary>
public sealed class UpstreamSettingTests
{
    [Fact]
    public void An_address_is_enough()
    {
        var upstream = Assert.Single(Read(("Upstreams:quay:Address", "https://quay.io")));

        Assert.Equal(("quay", new Uri("https://quay.io/v2/"), true, 16, null, false), (upstream.Alias, upstream.Root, upstream.Anonymous, upstream.Connections, upstream.Bandwidth, upstream.IsDockerHub));
        Assert.Equal(["quay", "quay.io"], upstream.Names);
        Assert.Equal(TimeSpan.FromMinutes(5), upstream.FreshnessOf("latest"));
        Assert.True(upstream.Allows("any/name"));
    }

    [Theory]
    [InlineData("https://docker.io")]
    [InlineData("https://index.docker.io/")]
    [InlineData("https://registry-1.docker.io")]
    public void Docker_Hub_goes_by_all_its_names(string address)
    {
        var hub = Assert.Single(Read(("Upstreams:hub:Address", address)));

        Assert.True(hub.IsDockerHub);
        Assert.Equal("https://registry-1.docker.io/v2/", hub.Root.AbsoluteUri);
        Assert.Equal(["docker.io", "hub", "index.docker.io", "registry-1.docker.io"], hub.Names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Everything_can_be_said()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("password"), "from the file\n");
        File.WriteAllText(directory.File("ca.pem"), "");
        var upstream = Assert.Single(Read(
            ("Upstreams:corp:Address", "http://registry.corp:5000/artifactory/docker/"),
            ("Upstreams:corp:Names", "docker.io, registry.corp"),
            ("Upstreams:corp:Hosts", "mirror.corp,mirror.corp:8443"),
            ("Upstreams:corp:Credentials:0:Username", "anna"),
            ("Upstreams:corp:Credentials:0:Password", "secret"),
            ("Upstreams:corp:Credentials:1:Username", "AWS"),
            ("Upstreams:corp:Credentials:1:PasswordFile", directory.File("password")),
            ("Upstreams:corp:Allowed", "library/*,team/app"),
            ("Upstreams:corp:Denied", "library/evil*"),
            ("Upstreams:corp:Freshness", "latest=00:01:00, v*=1.00:00:00"),
            ("Upstreams:corp:Offline", "true"),
            ("Upstreams:corp:MaxSize", "1073741824"),
            ("Upstreams:corp:Proxy", "http://user:word@proxy.corp:3128"),
            ("Upstreams:corp:CertificateAuthority", directory.File("ca.pem")),
            ("Upstreams:corp:Realms", "login.example.com"),
            ("Upstreams:corp:Networks", "10.0.0.0/8,::1"),
            ("Upstreams:corp:Connections", "4"),
            ("Upstreams:corp:Bandwidth", "1000000")));

        Assert.Equal("http://registry.corp:5000/artifactory/docker/v2/", upstream.Root.AbsoluteUri);
        Assert.Equal(["corp", "registry.corp:5000", "docker.io", "registry.corp"], upstream.Names);
        Assert.Equal(["mirror.corp", "mirror.corp:8443"], upstream.Hosts);
        Assert.Equal(["secret", "from the file"], upstream.Credentials.Select(credential => credential.ReadPassword()));
        Assert.False(upstream.Anonymous);
        Assert.Equal([true, true, false, false, false], new[] { "library/app", "team/app", "team/other", "library/evil", "library/evil-twin" }.Select(upstream.Allows));
        Assert.Equal([1, 1440, 5], new[] { "latest", "v1.2", "main" }.Select(tag => (int)upstream.FreshnessOf(tag).TotalMinutes));
        Assert.Equal((true, true, 1L << 30, 4, 1_000_000), (upstream.Offline, upstream.IsDockerHub, upstream.MaxSize, upstream.Connections, upstream.Bandwidth));
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("::1/128")], upstream.Networks);
        Assert.DoesNotContain("secret", upstream.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Upstreams:a/b:Address", "https://quay.io")]
    [InlineData("Upstreams:Other:Address", "https://quay.io")]
    [InlineData("Upstreams:quay:Address", "quay.io")]
    [InlineData("Upstreams:quay:Address", "ftp://quay.io")]
    [InlineData("Upstreams:quay:Address", "https://user:password@quay.io")]
    [InlineData("Upstreams:quay:Address", "https://quay.io?x=1")]
    [InlineData("Upstreams:quay:Adress", "https://quay.io")]
    [InlineData("Upstreams:quay:Freshness", "latest")]
    [InlineData("Upstreams:quay:Freshness", "latest=soon")]
    [InlineData("Upstreams:quay:Freshness", "latest=-00:01:00")]
    [InlineData("Upstreams:quay:Connections", "0")]
    [InlineData("Upstreams:quay:Bandwidth", "12")]
    [InlineData("Upstreams:quay:MaxSize", "many")]
    [InlineData("Upstreams:quay:Networks", "everywhere")]
    [InlineData("Upstreams:quay:Proxy", "proxy:3128")]
    [InlineData("Upstreams:quay:CertificateAuthority", "/no/such/file.pem")]
    [InlineData("Upstreams:quay:Anonymous", "perhaps")]
    [InlineData("Upstreams:quay:Credentials:0:Username", "anna")]
    [InlineData("Upstreams:quay:Credentials:0:Password", "secret")]
    [InlineData("Upstreams:quay:Credentials:0:PasswordFile", "/no/such/file")]
    public void A_wrong_setting_is_named(string key, string value)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read(("Upstreams:quay:Address", "https://quay.io"), (key, value)));

        Assert.Contains(string.Join(':', key.Split(':').Take(2)), refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("password@", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Names", "docker.io")]
    [InlineData("Hosts", "mirror.example.com")]
    public void Two_upstreams_share_no_name(string key, string value)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read(
            ("Upstreams:a:Address", "https://a.example"), ("Upstreams:b:Address", "https://b.example"), ($"Upstreams:a:{key}", value), ($"Upstreams:b:{key}", value)));

        Assert.Contains(value, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_setting_stops_the_start() =>
        await Assert.ThrowsAsync<ConfigurationException>(() => RegistryApp.StartAsync(Engine.Sqlite, ("Upstreams:hub:Address", "docker.io")));

    private static IReadOnlyList<UpstreamOptions> Read(params (string Key, string? Value)[] settings)
    {
        var configuration = new ConfigurationManager();
        foreach (var (key, value) in settings)
        {
            configuration[key] = value;
        }

        return UpstreamOptions.Read(new Settings(configuration));
    }
}
