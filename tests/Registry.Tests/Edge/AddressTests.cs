using System.Text;
using Registry.Edge;

namespace Registry.Tests.Edge;

/// <summary>Addresses: those listened on, those told to clients, those in Host.</summary>
public sealed class AddressTests
{
    [Fact]
    public async Task An_address_that_others_reach_is_served_and_refuses_them_while_nobody_has_to_sign_in()
    {
        var (url, loopback) = (Machine.NextUrl(), new Uri($"http://127.0.0.1:{Ports.Next()}/"));
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, ("urls", $"{url};{loopback}"));

        var refused = await RawHttp.RequestAsync(url, "GET /v2/ HTTP/1.1");

        Assert.Equal(403, refused.Status);
        Assert.Contains("\"DENIED\"", Encoding.UTF8.GetString(refused.Body), StringComparison.Ordinal);
        Assert.Equal(403, (await RawHttp.RequestAsync(url, "GET /v2/ HTTP/1.1\nHost: localhost")).Status);
        Assert.Equal(200, (await RawHttp.RequestAsync(url, "GET /readyz HTTP/1.1")).Status);
        Assert.Equal(200, (await RawHttp.RequestAsync(loopback, "GET /v2/ HTTP/1.1")).Status);
    }

    [Theory]
    [InlineData("urls", "nonsense")]
    [InlineData("urls", "ftp://localhost:5000")]
    [InlineData("urls", "http://localhost:5000/registry")]
    [InlineData("PublicUrl", "registry.example.com")]
    [InlineData("PublicUrl", "ftp://registry.example.com")]
    [InlineData("PublicUrl", "https://registry.example.com/registry")]
    [InlineData("PublicUrl", "https://registry.example.com?x")]
    [InlineData("PublicUrl", "https://user@registry.example.com")]
    public async Task A_malformed_address_stops_the_start(string key, string value)
    {
        var refused = await Assert.ThrowsAsync<Configuration.ConfigurationException>(() => RegistryApp.StartAsync(Engine.Sqlite, (key, value)));

        Assert.StartsWith($"{key} is \"{value}\"", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry.example.com")]
    [InlineData("registry.example.com:5000")]
    [InlineData("my_registry")]
    [InlineData("192.0.2.1:443")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[2001:db8::1]:65535")]
    [InlineData("")]
    public async Task S64_A_Host_that_is_a_host_is_served(string host)
    {
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, ("Access:Open", "true"));

        Assert.True(HostCheck.IsValid(host));
        Assert.Equal(200, (await RawHttp.RequestAsync(app.Address, $"GET /v2/ HTTP/1.1\nHost: {host}")).Status);
    }

    [Theory]
    [InlineData("registry.example.com:")]
    [InlineData("registry.example.com:0")]
    [InlineData("registry.example.com:65536")]
    [InlineData("registry.example.com:+80")]
    [InlineData("registry.example.com:80:80")]
    [InlineData("registry.example.com/evil")]
    [InlineData("user@registry.example.com")]
    [InlineData("registry..example.com")]
    [InlineData(".example.com")]
    [InlineData("evil\"example.com")]
    [InlineData("evil,example.com")]
    [InlineData("evil%41.example.com")]
    [InlineData("[2001:db8::1")]
    [InlineData("[192.0.2.1]")]
    [InlineData("[fe80::1%25eth0]")]
    [InlineData("[]")]
    [InlineData("[[::1]]")]
    public async Task S64_A_Host_that_is_none_is_refused(string host)
    {
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, ("Access:Open", "true"), ("Proxies:Trusted", "127.0.0.1"));

        Assert.False(HostCheck.IsValid(host));
        Assert.Equal(400, (await RawHttp.RequestAsync(app.Address, $"GET /v2/ HTTP/1.1\nHost: {host}")).Status);
        Assert.Equal(400, (await RawHttp.RequestAsync(app.Address, $"GET /v2/ HTTP/1.1\nX-Forwarded-Host: example.com,{host.Replace(',', '!')}")).Status);
    }
}
