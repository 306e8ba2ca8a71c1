using System.Globalization;
using Registry.Tests.Wire;
using Xunit.Abstractions;

namespace Registry.Tests.History;

/// <summary>
/// Sixteen clients work on the same eight tags while the registry is killed twice: every answer of all of them must be
/// explained by one order of what happened to each tag, each manifest and each blob. HISTORY_SECONDS makes it longer.
/// </summary>
public sealed class HistoryTests(ITestOutputHelper output)
{
    private const int Clients = 16;
    private const int Rounds = 3;

    private static readonly TimeSpan Duration =
        TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("HISTORY_SECONDS") ?? "30", CultureInfo.InvariantCulture));

    [Theory, Engines]
    public async Task All_answers_to_all_clients_are_explained_by_one_order_also_across_kills(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        const string repository = "library/app";
        await new RepositoryWire(registry.Client, repository).PushAsync(Documents.Index(), "base");
        var log = new Log();

        for (var round = 0; round < Rounds; round++)
        {
            using var stop = new CancellationTokenSource();
            var first = round * Clients;
            var clients = Enumerable.Range(first, Clients).Select(i => new Client(registry.Address, repository, log, i)).ToList();
            var work = clients.Select(client => Task.Run(() => WorkAsync(client, stop.Token))).ToList();
            await Task.Delay(Duration / Rounds);
            if (round < Rounds - 1)
            {
                registry.Kill();
                await registry.ExitedAsync();
            }

            await stop.CancelAsync();
            await Task.WhenAll(work);
            if (round < Rounds - 1)
            {
                await registry.StartAgainAsync();
            }
        }

        (await registry.Client.SendAsync("GET", "/readyz")).Is(200);
        var operations = log.Operations.ToList();
        output.WriteLine($"{operations.Count} operations, {operations.Count(operation => operation.IsUncertain)} of them without an answer.");
        Assert.InRange(operations.Count, 1000, int.MaxValue);
        var refutations = log.Refutations();
        Assert.True(refutations.Count == 0, string.Join("\n\n", refutations));
    }

    private static async Task WorkAsync(Client client, CancellationToken stop)
    {
        await using (client)
        {
            while (!stop.IsCancellationRequested)
            {
                await client.StepAsync();
            }
        }
    }
}
