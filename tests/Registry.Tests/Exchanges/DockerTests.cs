using System.Net.Sockets;
using System.Text;
using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges;

/// <summary>Docker 28 and 29 with the containerd image store: images are indexes, and nothing begins with a ping.</summary>
[OnS3]
public sealed class DockerTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string UserAgent =
        @"docker/29.2.1 go/go1.25.6 git-commit/6bc6209 kernel/6.8.0-101-generic os/linux arch/amd64 containerd-client/2.2.1+unknown "
        + @"storage-driver/overlayfs UpstreamClient(Docker-Client/29.2.1 \(linux\))";

    [Theory, Engines]
    public async Task An_image_with_its_attestation_is_pushed_and_pulled(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var pushed = AttestedImage.Random();

        await pushed.PushAsync(repository, "1");

        (await repository.ResolveAsync("1")).IsHeadOf(pushed.Index);
        await repository.FetchManifestAsync(pushed.Index);
        await repository.FetchImageAsync(pushed.Image);
        await repository.FetchManifestAsync(pushed.Attestation);
    }

    [Theory, Engines]
    public async Task An_image_of_dockers_own_types_keeps_them(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var config = Content.Json(Oci.DockerConfigType, new { architecture = "amd64", os = "linux", created = $"{Guid.NewGuid()}" });
        var layer = Content.Random(Oci.DockerLayerType);
        var image = new Content(Oci.ImageManifest(config.Descriptor, [layer.Descriptor], mediaType: Oci.DockerManifestType), Oci.DockerManifestType);
        var list = new Content(
            Oci.Index([image.Descriptor with { Platform = new Platform("amd64") }], mediaType: Oci.DockerListType), Oci.DockerListType);

        await repository.PushBlobAsync(layer);
        await repository.PushBlobAsync(config);
        await repository.PushManifestAsync(image);
        await repository.PushManifestAsync(list, "1");

        (await repository.ResolveAsync("1")).IsHeadOf(list);
        await repository.FetchManifestAsync(list);
        await repository.FetchManifestAsync(image);
        await repository.FetchBlobAsync(config);
    }

    [Theory, Engines]
    public async Task A_second_push_and_a_second_pull_are_questions_only(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var pushed = AttestedImage.Random();
        await pushed.PushAsync(repository, "1");

        foreach (var blob in Content.Blobs(pushed.Image).Append(pushed.Provenance))
        {
            (await repository.ExistsAsync(blob)).IsHeadOfBlob(blob);
        }

        (await repository.ResolveAsync(pushed.Image.Digest)).IsHeadOf(Content.Manifest(pushed.Image));
        (await repository.ResolveAsync("1")).IsHeadOf(pushed.Index);
    }

    [Theory, Engines]
    public async Task Layers_of_a_pulled_base_are_mounted(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var source = new ContainerdResolver(go, GoClient.NewName("library"));
        var target = new ContainerdResolver(go, GoClient.NewName());
        var image = Image.Random();
        await source.PushImageAsync(image, "base");

        foreach (var blob in Content.Blobs(image))
        {
            (await target.MountAsync(blob, source.Name)).IsBlobCreated(target.Name, blob.Digest);
        }

        await target.PushManifestAsync(Content.Manifest(image), "1");
        await target.FetchImageAsync(image);
    }

    [Theory, Engines]
    public async Task A_layer_that_cannot_be_mounted_is_uploaded_through_the_same_answer(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var layer = Content.Random(Oci.LayerType);

        // Any 403 or 404 here would end the push of all layers.
        var location = (await repository.MountAsync(layer, "library/gone")).IsUploadAccepted(repository.Name);
        await repository.FinishAsync(location, layer);

        await repository.FetchBlobAsync(layer);
    }

    [Theory, Engines]
    public async Task A_broken_download_is_resumed(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var layer = Content.Random(Oci.LayerType, 300_000);
        await repository.PushBlobAsync(layer);

        await repository.FetchBlobFromAsync(layer, 150_000);
        await repository.FetchBlobFromAsync(layer, 299_999);
    }

    [Theory, Engines]
    public async Task A_tag_moves_to_the_next_build(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var (first, second) = (Image.Random(), Image.Random());
        await repository.PushImageAsync(first, "latest");
        await repository.PushImageAsync(second, "latest");

        (await repository.ResolveAsync("latest")).IsHeadOf(Content.Manifest(second));
        await repository.FetchImageAsync(first);
    }

    [Theory, Engines]
    public async Task An_index_of_which_only_one_platform_is_here_is_refused_by_digest_and_its_image_is_taken(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var (here, elsewhere) = (Image.Random(), Image.Random(architecture: "arm64"));
        var index = new Content(Oci.Index([here.Descriptor, elsewhere.Descriptor]), Oci.IndexType);
        await repository.PushImageAsync(here);

        var error = (await repository.PutManifestAsync(index, "1")).IsError("400 Bad Request", "MANIFEST_BLOB_UNKNOWN");

        Assert.Equal(elsewhere.Digest, (string?)error["detail"]);
        await repository.PushManifestAsync(Content.Manifest(here), "1");
    }

    [Theory, Engines]
    public async Task A_name_or_tag_that_is_not_there_is_told_apart(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());

        (await repository.ResolveAsync("1")).Is("404 Not Found");
        (await go.GetAsync($"/v2/{repository.Name}/manifests/1")).IsError("404 Not Found", "NAME_UNKNOWN");

        await repository.PushImageAsync(Image.Random(), "1");
        (await go.GetAsync($"/v2/{repository.Name}/manifests/2")).IsError("404 Not Found", "MANIFEST_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Login_is_one_ping_where_nothing_has_to_be_proved(Engine engine)
    {
        await using var go = await ConnectAsync(engine);

        (await go.GetAsync("/v2/")).IsPing();
    }

    [Theory, Engines]
    public async Task A_TLS_greeting_is_answered_in_HTTP_so_that_the_client_falls_back_to_it(Engine engine)
    {
        var address = (await registry.AppAsync(engine)).DirectAddress;
        using var connection = new TcpClient(address.Host, address.Port);
        await using var stream = connection.GetStream();

        await stream.WriteAsync(ClientHello());

        // Go reads the header of a TLS record, five bytes, and looks whether they are these.
        var header = new byte[5];
        await stream.ReadExactlyAsync(header).AsTask().WaitAsync(Eventually.Guard);
        Assert.Equal("HTTP/", Encoding.ASCII.GetString(header));
    }

    private async Task<GoClient> ConnectAsync(Engine engine) => new((await registry.AppAsync(engine)).DirectAddress, UserAgent);

    // A handshake record with a ClientHello of TLS 1.2: version, random, no session, one cipher suite, no compression.
    private static byte[] ClientHello()
    {
        byte[] hello = [3, 3, .. Encoding.ASCII.GetBytes(new string('r', 32)), 0, 0, 2, 0xc0, 0x2f, 1, 0];
        byte[] handshake = [1, 0, 0, (byte)hello.Length, .. hello];
        return [0x16, 3, 1, 0, (byte)handshake.Length, .. handshake];
    }
}
