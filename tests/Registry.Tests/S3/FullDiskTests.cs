using Registry.Tests.Durability;
using Registry.Tests.Wire;

namespace Registry.Tests.S3;

/// <summary>D8: with its objects in S3 a replica needs no room on its disk.</summary>
[Trait("Needs", "postgres")]
public sealed class FullDiskTests
{
    [Fact]
    public async Task D8_A_replica_whose_disk_is_full_serves_and_takes_pushes_as_before()
    {
        await using var volume = await SmallVolume.MountAsync("size=16m");
        await using var bucket = await S3Gateway.CreateBucketAsync();
        await using var app = await RegistryApp.StartAsync(Engine.Postgres, [.. bucket.Settings, ("DataDirectory", volume.Path)]);
        var repository = new RepositoryWire(app.Client, "library/app");
        volume.Fill();

        foreach (var content in new[] { Oci.RandomBytes(100_000), Oci.RandomBytes(20 << 20) })
        {
            var location = (await repository.StreamAsync(await repository.StartAsync(), content)).Is(202).Location;
            (await repository.CloseAsync(location, Oci.Digest(content))).Is(201);
            Assert.Equal(content, (await repository.GetAsync($"blobs/{Oci.Digest(content)}")).Is(200).Body);
        }

        (await app.Client.SendAsync("GET", "/readyz")).Is(200);
    }
}
