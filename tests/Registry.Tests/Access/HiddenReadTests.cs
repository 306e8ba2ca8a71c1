using Npgsql;
using Registry.Auth.Permissions;
using Registry.Tests.Clients;
using Registry.Tests.Wire;

namespace Registry.Tests.Access;

/// <summary>A statement that finds out that somebody may not read has read nothing, and one that was told wrong reads again.</summary>
public sealed class HiddenReadTests
{
    private const string Name = "tenant/secret";
    private const int Size = 1 << 20;

    [Fact]
    [Trait("Needs", "postgres")]
    public async Task S22_of_what_is_hidden_nothing_is_read()
    {
        var server = new NpgsqlConnectionStringBuilder(await PostgresCluster.CreateDatabaseAsync());
        await using var counted = CuttingProxy.To(new Uri($"tcp://{server.Host}:{server.Port}"));
        (server.Host, server.Port) = (counted.Address.Host, counted.Address.Port);
        await using var app = await RegistryApp.StartAsync(Engine.Postgres, ("ConnectionStrings:Postgres", server.ConnectionString));
        var tenants = new Tenants(app);
        var owner = await tenants.UserAsync("owner", Role.Owner, "tenant/*");
        var stranger = await tenants.UserAsync("stranger");
        await PushAsync(tenants, owner);

        Assert.True(await ReadAsync(owner, 200) > Size);
        Assert.True(await ReadAsync(stranger, 404) < Size / 4);

        async Task<long> ReadAsync(Tenant tenant, int status)
        {
            var before = counted.Pulled;
            (await app.Client.SendAsync("GET", $"/v2/{Name}/manifests/large", ("Authorization", tenant.ByToken))).Is(status);
            return counted.Pulled - before;
        }
    }

    [Theory]
    [Engines]
    public async Task Whoever_has_just_been_granted_it_reads_everything_at_the_first_try(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine);
        var tenants = new Tenants(app);
        var owner = await tenants.UserAsync("owner", Role.Owner, "tenant/*");
        var image = await PushAsync(tenants, owner);
        var reads = new (string Path, Func<Answer, bool> IsWhole)[]
        {
            ("manifests/large", answer => answer.Body.Length > Size),
            ($"manifests/{image.Digest}", answer => answer.Body.AsSpan().SequenceEqual(image.Manifest)),
            ($"blobs/{image.Config.Digest}", answer => answer.Body.AsSpan().SequenceEqual(image.Blobs[image.Config.Digest])),
            ("tags/list", answer => answer.Strings("tags").SequenceEqual(["large", "v1"])),
            ($"referrers/{image.Digest}", answer => answer.Json()["manifests"]!.AsArray().Count == 1),
        };

        foreach (var (path, isWhole) in reads)
        {
            // What is remembered of each is that it may nothing.
            var reader = await tenants.UserAsync($"reader{Array.FindIndex(reads, read => read.Path == path)}");
            (await GetAsync(reader, path)).Is(404);
            await tenants.GrantAsync(reader, Role.Reader, "tenant/*");

            var answer = (await GetAsync(reader, path)).Is(200);

            Assert.True(isWhole(answer), $"{answer}");
        }

        Task<Answer> GetAsync(Tenant tenant, string path) => app.Client.SendAsync("GET", $"/v2/{Name}/{path}", ("Authorization", tenant.ByToken));
    }

    private static async Task<Image> PushAsync(Tenants tenants, Tenant owner)
    {
        using var http = tenants.Client(owner.ByToken);
        var repository = new RepositoryClient(http, Name);
        var image = await repository.PushImageAsync("v1");
        var text = new Dictionary<string, string> { ["text"] = new('x', Size) };
        await repository.PushManifestAsync("large", Oci.Index([], annotations: text, subject: image.Descriptor), Oci.IndexType);
        return image;
    }
}
