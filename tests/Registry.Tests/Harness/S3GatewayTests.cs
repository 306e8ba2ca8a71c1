using Amazon.S3.Model;

namespace Registry.Tests;

[Trait("Needs", "postgres")]
public sealed class S3GatewayTests
{
    [Fact]
    public async Task A_gateway_that_was_killed_has_what_it_had_when_it_is_started_again()
    {
        await using var gateway = await S3Gateway.StartOwnAsync();
        await using var bucket = await gateway.CreateAsync();
        await bucket.Client.PutObjectAsync(new PutObjectRequest { BucketName = bucket.Name, Key = "one", ContentBody = "content" });

        await gateway.KillAsync();
        await gateway.StartAgainAsync();

        Assert.Equal(7, (await bucket.ObjectsAsync())["one"]);
        Assert.Empty(await bucket.OpenUploadsAsync());
    }
}
