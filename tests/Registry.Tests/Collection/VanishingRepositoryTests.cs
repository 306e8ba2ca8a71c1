using Registry.Tests.Wire;

namespace Registry.Tests.Collection;

/// <summary>A repository that never held a manifest vanishes with its last blob. Whoever pushes at that moment must not notice.</summary>
public sealed class VanishingRepositoryTests
{
    [Theory, Engines]
    public async Task A_push_into_a_repository_that_vanishes_at_that_moment_succeeds(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, [.. Inventory.AtOnce, ("Collection:Interval", "0:00:00.001")]);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(number => PushAsync(new RepositoryWire(app.Client, $"never/listed{number}"))));

        async Task PushAsync(RepositoryWire repository)
        {
            for (var i = 0; i < 100; i++)
            {
                var content = Oci.RandomBytes(100);
                (await repository.PostAsync($"?digest={RepositoryWire.DigestOf(content)}", Wire.Http.Sized(content))).Is(201);
                var location = (await repository.PostAsync()).Is(202).Location;
                (await app.Client.SendAsync("DELETE", location)).Is(204);
            }
        }
    }
}
