using System.Net;

namespace Registry.Tests;

/// <summary>What operators see of the process: readiness, signals, exit codes, and data that outlives it.</summary>
public sealed class ProcessTests
{
    [Theory]
    [Engines]
    public async Task Image_acknowledged_before_a_kill_is_served_after_it(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = registry.Repository("team/app");
        var image = await repository.PushImageAsync("1.0");

        registry.Kill();
        await registry.StartAgainAsync();

        using var manifest = await repository.GetManifestAsync("1.0");
        await OciAssert.DigestAsync(manifest, HttpStatusCode.OK, image.Digest, image.Manifest);
        foreach (var (digest, content) in image.Blobs)
        {
            using var blob = await repository.GetBlobAsync(digest);
            await OciAssert.DigestAsync(blob, HttpStatusCode.OK, digest, content);
        }
    }

    [Theory]
    [Engines]
    public async Task Upload_continues_after_a_kill_at_an_offset_the_registry_tells(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = registry.Repository("team/app");
        var content = Oci.RandomBytes(300_000);
        var location = await repository.StartUploadAsync();
        using var first = await repository.PatchAsync(location, content[..200_000], from: 0);
        await OciAssert.StatusAsync(first, HttpStatusCode.Accepted);

        registry.Kill();
        await registry.StartAgainAsync();

        using var status = await repository.Uploads.StatusAsync(Uploads.Location(first));
        await OciAssert.StatusAsync(status, HttpStatusCode.NoContent);
        Assert.Equal("0-199999", OciAssert.Header(status, "Range"));
        using var second = await repository.PatchAsync(Uploads.Location(status), content[200_000..], from: 200_000);
        using var closed = await repository.CloseAsync(Uploads.Location(second), Oci.Digest(content));
        await OciAssert.DigestAsync(closed, HttpStatusCode.Created, Oci.Digest(content));
        using var blob = await repository.GetBlobAsync(Oci.Digest(content));
        await OciAssert.DigestAsync(blob, HttpStatusCode.OK, Oci.Digest(content), content);
    }

    [Theory]
    [Engines]
    public async Task Terminated_registry_ends_with_0(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);

        registry.Terminate();
        await registry.ExitedAsync();

        Assert.Equal(0, registry.ExitCode);
        Assert.DoesNotContain("exception", registry.Errors, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Start_says_where_it_listens_and_where_the_data_is()
    {
        await using var registry = await RegistryProcess.StartAsync();

        string[] expected = [registry.Address.GetLeftPart(UriPartial.Authority), registry.DataDirectory];

        await Eventually.TrueAsync(
            () => expected.All(part => registry.Errors.Contains(part, StringComparison.Ordinal)),
            "address and data directory are on the standard error");
    }

    [Theory]
    [InlineData("ReadOnly", "perhaps")]
    [InlineData("Manifests:MaxSize", "-1")]
    [InlineData("Uploads:Expiry", "soon")]
    [InlineData("urls", "ftp://localhost:1")]
    [InlineData("Shutdown:Drain", "-1")]
    [InlineData("Shutdown:Drain", "2.00:00:00")]
    [InlineData("Shutdown:Limit", "soon")]
    [InlineData("Postgres:MaxPoolSize", "1")]
    [InlineData("Postgres:MaxPoolSize", "many")]
    [InlineData("Postgres:Prepare", "never")]
    [InlineData("Internal:Address", "http://127.0.0.1:5001")]
    public async Task Wrong_setting_stops_the_start_and_is_named_with_its_value(string key, string value)
    {
        await using var registry = await RegistryProcess.RunToExitAsync(settings: (key, value));

        Assert.Equal(1, registry.ExitCode);
        Assert.Contains(key, registry.Errors, StringComparison.Ordinal);
        Assert.Contains(value, registry.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Second_registry_on_the_same_data_directory_refuses_to_start()
    {
        await using var first = await RegistryProcess.StartAsync();

        await using var second = await RegistryProcess.RunToExitAsync(settings: ("DataDirectory", first.DataDirectory));

        Assert.NotEqual(0, second.ExitCode);
        Assert.Contains(first.DataDirectory, second.Errors, StringComparison.Ordinal);
        using var ready = await first.Client.GetAsync(new Uri("readyz", UriKind.Relative));
        await OciAssert.StatusAsync(ready, HttpStatusCode.OK);
    }

    [Fact]
    public async Task Missing_database_stops_the_start_and_the_setting_is_named()
    {
        var nowhere = $"Host=127.0.0.1;Port={Ports.Next()};Username=nobody;Database=nothing";

        await using var registry = await RegistryProcess.RunToExitAsync(settings: ("ConnectionStrings:Postgres", nowhere));

        Assert.NotEqual(0, registry.ExitCode);
        Assert.Contains("ConnectionStrings:Postgres", registry.Errors, StringComparison.Ordinal);
    }
}
