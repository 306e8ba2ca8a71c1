using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Registry.Auth.Tokens.Keys;
using Registry.Auth.Tokens.Protection;
using Registry.Configuration;
using Registry.Storage.Metadata;

namespace Registry.Tests.Tokens;

/// <summary>Without the right master key the registry does not start, and does not make do with another one.</summary>
public sealed class MasterKeyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string MasterKeyPath => _directory.File("master.key");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_first_start_makes_a_master_key_for_this_user_alone()
    {
        await RunAsync(_ => Task.CompletedTask);

        Assert.Equal(32, Convert.FromBase64String(await File.ReadAllTextAsync(MasterKeyPath)).Length);
#pragma warning disable CA1416 // the tests run on Linux
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(MasterKeyPath));
#pragma warning restore CA1416
    }

    [Fact]
    public async Task Keys_outlive_a_restart()
    {
        var kid = "";
        await RunAsync(app => Task.FromResult(kid = app.Services.GetRequiredService<SigningKeys>().Current.Kid));
        await RunAsync(app => Task.Run(() => Assert.Equal(kid, app.Services.GetRequiredService<SigningKeys>().Current.Kid)));
    }

    [Fact]
    public async Task S41_another_master_key_stops_the_start()
    {
        await RunAsync(_ => Task.CompletedTask);
        await File.WriteAllTextAsync(MasterKeyPath, MasterKey.Generate().ToFileText());

        await using var registry = await RegistryProcess.RunToExitAsync(Engine.Sqlite, Settings);

        Assert.Equal(1, registry.ExitCode);
        var last = registry.Errors.TrimEnd().Split('\n')[^1];
        Assert.StartsWith("registry: Keys:MasterKeyFile: ", last, StringComparison.Ordinal);
        Assert.Contains("every replica needs the same file", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task S41_a_missing_master_key_is_not_replaced()
    {
        await RunAsync(_ => Task.CompletedTask);
        File.Delete(MasterKeyPath);

        await RefusesAsync("is missing");

        Assert.False(File.Exists(MasterKeyPath));
    }

    [Theory]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task S41_a_file_that_holds_no_key_stops_the_start(string text)
    {
        await File.WriteAllTextAsync(MasterKeyPath, text);

        await RefusesAsync("holds no master key");
    }

    [Theory]
    [InlineData("update data_protection_key set xml = replace(xml, '</sealed>', 'AAAA</sealed>')")]
    [InlineData("update data_protection_key set xml = '<key/>'")]
    [InlineData("update data_protection_key set xml = 'x'")]
    [InlineData("update data_protection_key set name = 'key-other'")]
    [InlineData("update data_protection_key set xml = substr(xml, 1, 37) || '</sealed>'")]
    [InlineData("update signing_key set private_key = zeroblob(100)")]
    [InlineData("update signing_key set private_key = cast(substr(private_key, 1, 20) || 'x' || substr(private_key, 22) as blob)")]
    [InlineData("update signing_key set kid = 'other'")]
    [InlineData("update signing_key set algorithm = 'none'")]
    [InlineData("delete from data_protection_key")]
    public async Task S41_a_row_that_was_changed_stops_the_start(string change)
    {
        await RunAsync(app => app.Services.GetRequiredService<Database>().WriteAsync(session => session.ExecuteAsync(change), CancellationToken.None));

        await RefusesAsync("Keys:MasterKeyFile");
    }

    [Fact]
    public void S42_two_purposes_never_open_each_others_secrets() => Prop.ForAll(
        ArbMap.Default.ArbFor<(NonNull<string>, NonNull<string>, NonNull<string>, NonNull<string>)>(),
        texts =>
        {
            var (purpose, name, otherPurpose, otherName) = (texts.Item1.Get, texts.Item2.Get, texts.Item3.Get, texts.Item4.Get);
            var key = MasterKey.Generate();
            var sealedBytes = key.Seal(purpose, name, "secret"u8);
            Assert.Equal("secret"u8, key.Open(purpose, name, sealedBytes));
            if ((purpose, name) != (otherPurpose, otherName))
            {
                Assert.ThrowsAny<CryptographicException>(() => key.Open(otherPurpose, otherName, sealedBytes));
            }

            // The same characters, divided in another way.
            if (purpose.Length > 0)
            {
                Assert.ThrowsAny<CryptographicException>(() => key.Open(purpose[..^1], purpose[^1] + name, sealedBytes));
            }
        }).QuickCheckThrowOnFailure();

    private (string, string)[] Settings => [("DataDirectory", _directory.Path)];

    private async Task RunAsync(Func<RegistryApp, Task> work)
    {
        await using var app = await RegistryApp.StartAsync(Engine.Sqlite, Settings);
        await work(app);
    }

    private async Task RefusesAsync(string message)
    {
        var exception = await Assert.ThrowsAsync<ConfigurationException>(() => RegistryApp.StartAsync(Engine.Sqlite, Settings));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }
}
