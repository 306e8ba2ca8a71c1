using System.Net;
using System.Security.Cryptography.X509Certificates;
using Amazon.S3;
using Amazon.S3.Model;
using Registry.Configuration;

namespace Registry.Tests.S3;

/// <summary>Downloads:Redirect: who is sent to the bucket for a blob, and where to.</summary>
[Trait("Needs", "postgres")]
public sealed class RedirectTests
{
    [Theory]
    [InlineData(100_000)]
    [InlineData(9 << 20)]
    public async Task A_client_gets_the_blob_from_the_bucket_itself(int size)
    {
        await using var app = await RegistryApp.StartAsync(Engine.PostgresS3, ("Downloads:Redirect", "true"));
        var content = Oci.RandomBytes(size);
        var digest = await app.Repository("library/app").PushBlobAsync(content);

        using var answer = await GetAsync(app, digest);

        Assert.Equal(HttpStatusCode.TemporaryRedirect, answer.StatusCode);
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        var address = answer.Headers.Location!;
        Assert.Equal(app.Bucket!.Gateway.Endpoint.Authority, address.Authority);
        using var http = new HttpClient();
        Assert.Equal(content, await http.GetByteArrayAsync(address));
        using var part = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Range = new(10, 19) } };
        using var partial = await http.SendAsync(part);
        Assert.Equal(content[10..20], await partial.Content.ReadAsByteArrayAsync());
        using var tampered = await http.GetAsync(new Uri(address.AbsoluteUri.Replace("X-Amz-Expires=", "X-Amz-Expires=1", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Forbidden, tampered.StatusCode);
    }

    [Fact]
    public async Task Manifests_small_blobs_and_HEAD_are_answered_here()
    {
        await using var app = await RegistryApp.StartAsync(Engine.PostgresS3, ("Downloads:Redirect", "true"));
        var repository = app.Repository("library/app");
        var image = await repository.PushImageAsync("v1");
        var large = await repository.PushBlobAsync(Oci.RandomBytes(100_000));

        Assert.All(
            [await repository.GetManifestAsync("v1"), await repository.GetBlobAsync(image.Config.Digest), await repository.HeadBlobAsync(large)],
            answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
    }

    [Theory]
    [InlineData("10.0.0.0/8", HttpStatusCode.OK)]
    [InlineData("10.0.0.0/8,127.0.0.0/8", HttpStatusCode.TemporaryRedirect)]
    public async Task Only_clients_of_the_named_networks_are_sent_there(string networks, HttpStatusCode expected)
    {
        await using var app = await RegistryApp.StartAsync(Engine.PostgresS3, ("Downloads:Redirect", "true"), ("Downloads:RedirectNetworks", networks));
        var digest = await app.Repository("library/app").PushBlobAsync(Oci.RandomBytes(100_000));

        using var answer = await GetAsync(app, digest);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task A_host_of_its_own_takes_the_place_of_the_stores()
    {
        await using var app = await RegistryApp.StartAsync(
            Engine.PostgresS3, ("Downloads:Redirect", "true"), ("Downloads:RedirectHost", "https://cdn.example.com"));
        var digest = await app.Repository("library/app").PushBlobAsync(Oci.RandomBytes(100_000));

        using var answer = await GetAsync(app, digest);

        var address = answer.Headers.Location!;
        Assert.Equal(("https", "cdn.example.com", 443), (address.Scheme, address.Host, address.Port));
        Assert.Contains("X-Amz-Signature=", address.Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_the_store_for_clients_is_what_is_signed()
    {
        await using var bucket = await S3Gateway.CreateBucketAsync();
        var outside = bucket.Gateway.TlsEndpoint;
        await using var app = await RegistryApp.StartAsync(
            Engine.Postgres, [.. bucket.Settings, ("Downloads:Redirect", "true"), ("Storage:S3:PublicEndpoint", outside.ToString())]);
        var content = Oci.RandomBytes(100_000);
        var digest = await app.Repository("library/app").PushBlobAsync(content);

        using var answer = await GetAsync(app, digest);

        Assert.Equal((outside.Scheme, outside.Authority), (answer.Headers.Location!.Scheme, answer.Headers.Location.Authority));
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(bucket.Gateway.CertificateFile);
        using var trusting = new SocketsHttpHandler();
        trusting.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => certificate.Equals(shown);
        using var http = new HttpClient(trusting);
        Assert.Equal(content, await http.GetByteArrayAsync(answer.Headers.Location));
    }

    [Fact]
    public async Task Files_on_disk_have_no_address()
    {
        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => RegistryApp.StartAsync(Engine.Sqlite, ("Downloads:Redirect", "true")));

        Assert.Contains("Storage:S3:Bucket", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(9 << 20)]
    public async Task Keys_begin_with_the_prefix_and_what_is_kept_is_encrypted_with_the_named_key(int size)
    {
        await using var app = await RegistryApp.StartAsync(
            Engine.PostgresS3, ("Storage:S3:Prefix", "/team/registry/"), ("Storage:S3:Encryption", "Kms"), ("Storage:S3:KmsKey", "testkey"));
        var content = Oci.RandomBytes(size);
        var digest = await app.Repository("library/app").PushBlobAsync(content);

        Assert.Equal(content, await (await app.Repository("library/app").GetBlobAsync(digest)).Content.ReadAsByteArrayAsync());
        var key = Assert.Single((await app.Bucket!.ObjectsAsync()).Keys);
        Assert.Matches(@"\Ateam/registry/objects/([0-9a-f]{2})/\1[0-9a-f]{30}\z", key);
        var kept = await app.Bucket.Client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = app.Bucket.Name, Key = key });
        Assert.Equal((ServerSideEncryptionMethod.AWSKMS, "testkey"), (kept.ServerSideEncryptionMethod, kept.ServerSideEncryptionKeyManagementServiceKeyId));
    }

    private static async Task<HttpResponseMessage> GetAsync(RegistryApp app, string digest)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = app.Client.BaseAddress };
        return await http.GetAsync(new Uri($"/v2/library/app/blobs/{digest}", UriKind.Relative));
    }
}
