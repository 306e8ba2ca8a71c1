using Registry.Configuration;

namespace Registry.Tests.Tokens;

public sealed class TokenSettingTests
{
    [Theory]
    [InlineData("Tokens:Realm", "auth.example.com/token")]
    [InlineData("Tokens:Realm", "ftp://auth.example.com/token")]
    [InlineData("Tokens:Realm", "https://user@auth.example.com/token")]
    [InlineData("Tokens:Realm", "https://auth.example.com/token#here")]
    [InlineData("Tokens:Realm", "https://auth.example.com/\"token\"")]
    [InlineData("Tokens:Lifetime", "00:00:59")]
    [InlineData("Tokens:Lifetime", "01:00:01")]
    public async Task A_setting_that_clients_cannot_live_with_stops_the_start(string key, string value)
    {
        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => RegistryApp.StartAsync(Engine.Sqlite, (key, value)));

        Assert.StartsWith($"{key} is \"{value}\"", refused.Message, StringComparison.Ordinal);
    }
}
