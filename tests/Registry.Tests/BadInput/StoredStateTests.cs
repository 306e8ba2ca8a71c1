using System.Buffers.Binary;
using Microsoft.Extensions.DependencyInjection;
using Registry.Storage.Metadata;
using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>The state of a hash that is kept between two requests of an upload, and what the database may have made of it.</summary>
public sealed class StoredStateTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private static readonly byte[] Content = Oci.RandomBytes(3000);

    // Where the structures of libcrypto have their counts: of bits, of bytes in the current block, of bytes in the digest.
    [Theory]
    [Engines("sha256", 32), Engines("sha256", 36), Engines("sha256", 104), Engines("sha256", 108)]
    [Engines("sha512", 64), Engines("sha512", 72), Engines("sha512", 208), Engines("sha512", 212)]
    public async Task S24_A_state_that_no_hash_of_these_bytes_has_is_not_gone_on_from(Engine engine, string algorithm, int place)
    {
        foreach (var wrong in new[] { 1u, 127u, 0x7fff_fff0u, uint.MaxValue })
        {
            var (repository, location) = await BeginAsync(engine, algorithm, state => BinaryPrimitives.WriteUInt32LittleEndian(state.AsSpan(place), wrong));

            location = (await repository.ChunkAsync(location, Content.AsMemory(1000), 1000)).Is(202).Location;

            (await repository.CloseAsync(location, Oci.Digest(Content, algorithm))).Is(201);
        }
    }

    [Theory, Engines("sha256"), Engines("sha512")]
    public async Task S24_A_hash_of_other_bytes_is_the_digest_of_nothing(Engine engine, string algorithm)
    {
        var (repository, location) = await BeginAsync(engine, algorithm, state => state[0] ^= 1);

        location = (await repository.ChunkAsync(location, Content.AsMemory(1000), 1000)).Is(202).Location;

        (await repository.CloseAsync(location, Oci.Digest(Content, algorithm))).IsError(400, "DIGEST_INVALID");
    }

    // An upload with its first 1,000 bytes, of whose hash the database has the spoiled state.
    private async Task<(RepositoryWire Repository, string Location)> BeginAsync(Engine engine, string algorithm, Action<byte[]> spoil)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var location = await repository.StartAsync(algorithm == "sha512" ? "?digest-algorithm=sha512" : "");
        location = (await repository.ChunkAsync(location, Content.AsMemory(0, 1000), 0)).Is(202).Location;
        var changed = await app.Services.GetRequiredService<Database>().WriteAsync(
            async session =>
            {
                const string found = "repository_id = (select repository_id from repository_name where name = @Name)";
                var state = await session.FirstAsync<byte[]>($"select hash_state from upload where {found}", new { repository.Name });
                spoil(state!);
                return await session.ExecuteAsync($"update upload set hash_state = @state where {found}", new { state, repository.Name });
            },
            CancellationToken.None);
        Assert.Equal(1, changed);
        return (repository, location);
    }
}
