using Registry.Tests.Exchanges.Libraries;
using Registry.Tests.Wire;

namespace Registry.Tests.Exchanges;

/// <summary>containerd 2 by its transfer service, and as it uses a mirror: with the name of the source in <c>ns</c>.</summary>
[OnS3]
public sealed class ContainerdTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string UserAgent = "containerd/2.1.9";

    [Theory, Engines]
    public async Task A_mirror_serves_every_request_of_a_pull_with_the_name_of_its_source(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var pushed = await PushAsync(go, "1.27");
        var mirror = new ContainerdResolver(go, pushed.Name, "docker.io");

        // The registry has not used the parameter to choose a source, and so does not echo it.
        (await mirror.ResolveAsync("1.27")).IsHeadOf(pushed.Image.Index).Lacks("OCI-Namespace");
        await mirror.FetchManifestAsync(pushed.Image.Index);
        await mirror.FetchManifestAsync(pushed.Image.Attestation);
        await mirror.FetchImageAsync(pushed.Image.Image);
        await mirror.FetchBlobFromAsync(Content.Blobs(pushed.Image.Image).First(), 0);
    }

    [Theory, Engines]
    public async Task A_mirror_that_takes_pushes_is_pushed_to_with_the_name_of_its_source(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var mirror = new ContainerdResolver(go, GoClient.NewName("library"), "registry.k8s.io:443");
        var image = Image.Random();

        await mirror.PushImageAsync(image, "v3.10");

        (await mirror.ResolveAsync("v3.10")).IsHeadOf(Content.Manifest(image));
        await mirror.FetchImageAsync(image);
    }

    [Theory, Engines]
    public async Task What_is_not_here_is_404_at_once_and_the_next_host_is_asked(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var mirror = new ContainerdResolver(go, GoClient.NewName("library"), "docker.io");
        var digest = Content.Random(Oci.LayerType).Digest;

        (await mirror.ResolveAsync("latest")).Is("404 Not Found");
        (await mirror.ResolveAsync(digest)).Is("404 Not Found");
        (await go.HeadAsync($"/v2/{mirror.Name}/blobs/{digest}?ns=docker.io", ("Accept", "*/*"))).Is("404 Not Found");
        (await go.GetAsync($"/v2/{mirror.Name}/blobs/{digest}?ns=docker.io", ("Accept", "*/*"))).IsError("404 Not Found", "BLOB_UNKNOWN");
    }

    [Theory, Engines]
    public async Task Content_known_by_its_digest_alone_is_looked_for_among_blobs_and_then_among_manifests(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var pushed = await PushAsync(go, "1");
        var index = pushed.Image.Index;

        (await go.HeadAsync($"/v2/{pushed.Name}/blobs/{index.Digest}", ("Accept", "*/*"))).Is("404 Not Found");
        (await go.HeadAsync($"/v2/{pushed.Name}/manifests/{index.Digest}", ("Accept", "*/*"))).IsHeadOf(index);
        (await go.GetAsync($"/v2/{pushed.Name}/manifests/{index.Digest}", ("Accept", "*/*"))).IsManifest(index);
    }

    [Theory, Engines]
    public async Task A_layer_is_fetched_in_parallel_parts(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var layer = Content.Random(Oci.LayerType, 1_500_000);
        await repository.PushBlobAsync(layer);

        // A part has no end: the client stops reading where the next one begins.
        foreach (var offset in new[] { 0, 500_000, 1_000_000 })
        {
            await repository.FetchBlobFromAsync(layer, offset);
        }
    }

    [Theory, Engines]
    public async Task Referrers_of_several_types_are_listed_by_one_request(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PushImageAsync(image, "1");
        await repository.PushBlobAsync(AttestedImage.EmptyConfig);
        var sbom = await ReferAsync(repository, image, "application/vnd.example.sbom+json");
        var signature = await ReferAsync(repository, image, "application/vnd.example.signature");
        await ReferAsync(repository, image, "application/vnd.example.other");

        var listed = (await repository.ReferrersAsync(
            image.Digest, "?artifactType=application%2Fvnd.example.sbom%2Bjson&artifactType=application%2Fvnd.example.signature&ns=docker.io")).IsReferrers(filtered: true);

        Assert.Equal(new[] { sbom.Digest, signature.Digest }.Order(), listed.Select(entry => (string)entry["digest"]!).Order());
        Assert.Equal(3, (await repository.ReferrersAsync(image.Digest)).IsReferrers().Count);
    }

    [Theory, Engines]
    public async Task The_next_page_of_referrers_keeps_path_types_and_source(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());
        var image = Image.Random();
        await repository.PushImageAsync(image, "1");
        await repository.PushBlobAsync(AttestedImage.EmptyConfig);
        await ReferAsync(repository, image, "application/vnd.example.b");
        await ReferAsync(repository, image, "application/vnd.example.a");

        var first = await repository.ReferrersAsync(image.Digest, "?artifactType=application%2Fvnd.example.b&artifactType=application%2Fvnd.example.a&n=1&ns=docker.io");

        // containerd refuses a page that has left the endpoint, and a Link that is followed to where it has been.
        Assert.Single(first.IsReferrers(filtered: true));
        var next = new Uri(new Uri("http://registry.example"), first.NextPage());
        Assert.Equal($"/v2/{repository.Name}/referrers/{image.Digest}", Uri.UnescapeDataString(next.AbsolutePath));
        var query = System.Web.HttpUtility.ParseQueryString(next.Query);
        Assert.Equal(["application/vnd.example.b", "application/vnd.example.a"], query.GetValues("artifactType")!);
        Assert.Equal("docker.io", query["ns"]);
        var second = await go.GetAsync(next.PathAndQuery, ("Accept", $"{Oci.IndexType}, */*"));
        Assert.NotEqual((string?)first.IsReferrers(filtered: true)[0]["digest"], (string?)Assert.Single(second.IsReferrers(filtered: true))["digest"]);
        Assert.Null(second.NextPage());
    }

    [Theory, Engines]
    public async Task Referrers_of_something_unknown_are_none_and_their_tag_is_not_asked_for(Engine engine)
    {
        await using var go = await ConnectAsync(engine);
        var repository = new ContainerdResolver(go, GoClient.NewName());

        Assert.Empty((await repository.ReferrersAsync(Content.Random("text/plain").Digest, "?ns=docker.io")).IsReferrers());
    }

    private static async Task<Content> ReferAsync(ContainerdResolver repository, Image subject, string artifactType)
    {
        var artifact = new Content(Oci.ImageManifest(Oci.Empty, [Oci.Empty], artifactType, subject.Descriptor), Oci.ManifestType);
        await repository.PushManifestAsync(artifact, subject: subject.Digest);
        return artifact;
    }

    private static async Task<(string Name, AttestedImage Image)> PushAsync(GoClient go, string tag)
    {
        var repository = new ContainerdResolver(go, GoClient.NewName("library"));
        var image = AttestedImage.Random();
        await image.PushAsync(repository, tag);
        return (repository.Name, image);
    }

    private async Task<GoClient> ConnectAsync(Engine engine) => new((await registry.AppAsync(engine)).DirectAddress, UserAgent);
}
