namespace Registry.Tests.S3;

/// <summary>What S3 refuses stops the start, in words that name the setting.</summary>
[Trait("Needs", "postgres")]
public sealed class StartTests
{
    [Theory]
    [InlineData("Storage:S3:SecretKey", "not-the-secret", "credentials")]
    [InlineData("Storage:S3:AccessKey", "nobody", "credentials")]
    [InlineData("Storage:S3:Bucket", "no-such-bucket", "no-such-bucket")]
    public async Task Wrong_credentials_or_a_missing_bucket_stop_the_start_and_are_named(string key, string value, string named)
    {
        await using var bucket = await S3Gateway.CreateBucketAsync();

        await using var registry = await RegistryProcess.RunToExitAsync(Engine.Postgres, [.. bucket.Settings, (key, value)]);

        Assert.NotEqual(0, registry.ExitCode);
        Assert.Contains("Storage:S3", registry.Errors, StringComparison.Ordinal);
        Assert.Contains(named, registry.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", registry.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(S3Gateway.SecretKey, registry.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Storage:S3:Encryption", "Rot13")]
    [InlineData("Storage:S3:Checksum", "Sometimes")]
    [InlineData("Storage:S3:Endpoint", "nowhere")]
    [InlineData("Storage:S3:Timeout", "soon")]
    [InlineData("Storage:S3:CaFile", "/no/such/file.crt")]
    public async Task A_wrong_setting_stops_the_start_and_is_named_with_its_value(string key, string value)
    {
        await using var bucket = await S3Gateway.CreateBucketAsync();

        await using var registry = await RegistryProcess.RunToExitAsync(Engine.Postgres, [.. bucket.Settings, (key, value)]);

        Assert.NotEqual(0, registry.ExitCode);
        Assert.Contains(key, registry.Errors, StringComparison.Ordinal);
        Assert.Contains(value, registry.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_own_authority_is_trusted_for_S3_when_its_file_is_named_and_not_otherwise()
    {
        await using var bucket = await S3Gateway.CreateBucketAsync();
        (string, string)[] settings = [.. bucket.Settings, ("Storage:S3:Endpoint", bucket.Gateway.TlsEndpoint.ToString())];

        await using (var app = await RegistryApp.StartAsync(Engine.Postgres, [.. settings, ("Storage:S3:CaFile", bucket.Gateway.CertificateFile)]))
        {
            var content = Oci.RandomBytes(100_000);
            var digest = await app.Repository("library/app").PushBlobAsync(content);
            using var answer = await app.Repository("library/app").GetBlobAsync(digest);
            Assert.Equal(content, await answer.Content.ReadAsByteArrayAsync());
        }

        await using var refused = await RegistryProcess.RunToExitAsync(Engine.Postgres, settings);
        Assert.NotEqual(0, refused.ExitCode);
    }
}
