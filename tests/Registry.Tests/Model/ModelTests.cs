using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Registry.Tests.Collection;

namespace Registry.Tests.Model;

/// <summary>
/// The registry answers random sequences of requests as its reference does, and keeps and removes what the reference says.
/// TEST_MODEL_SEQUENCES sets how many are tried on each engine, TEST_MODEL_SEED ("1234,5677", from the report of a failure) tries
/// again what has failed.
/// </summary>
[OnS3]
public sealed class ModelTests
{
    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("TEST_MODEL_SEQUENCES") ?? "100", CultureInfo.InvariantCulture);

    [Theory, Engines]
    public Task Sequences_are_answered_as_by_the_reference(Engine engine) => CheckAsync(engine, new Rules(Sparse: false, CollectUntagged: false));

    [Theory, Engines]
    public Task Sequences_are_answered_as_by_the_reference_where_indexes_are_sparse_and_the_untagged_is_collected(Engine engine) =>
        CheckAsync(engine, new Rules(Sparse: true, CollectUntagged: true));

    private static async Task CheckAsync(Engine engine, Rules rules)
    {
        await using var stage = new Stage(engine, rules);
        var config = Config.QuickThrowOnFailure.WithMaxTest(CountOn(engine)).WithReplay(Replay()).WithQuietOnSuccess(true);

        // FsCheck blocks its caller.
        await Task.Run(() => Check.One(config, Prop.ForAll(Sequences.Any, stage.PlayAsync)));
    }

    // S3 takes its time, and what it does otherwise than a disk is in few of the commands.
    private static int CountOn(Engine engine) => ((engine is Engine.PostgresS3 ? Count / 4 : Count) + 1) / 2;

    private static FSharpOption<Replay> Replay()
    {
        if (Environment.GetEnvironmentVariable("TEST_MODEL_SEED") is not { Length: > 0 } text)
        {
            return FSharpOption<Replay>.None;
        }

        var numbers = text.Trim('(', ')').Split(',').Select(number => ulong.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        return FSharpOption<Replay>.Some(new Replay(new Rnd(numbers[0], numbers[1]), FSharpOption<int>.None));
    }

    /// <summary>One registry for sequence after sequence, each of which leaves it empty; a new one after a failure.</summary>
    private sealed class Stage(Engine engine, Rules rules) : IAsyncDisposable
    {
        private RegistryApp? _app;

        public async Task PlayAsync(Sequence sequence)
        {
            _app ??= await RegistryApp.StartAsync(
                engine,
                [
                    .. Inventory.OnDemand, ("Manifests:Sparse", $"{rules.Sparse}"), ("Collection:Untagged", $"{rules.CollectUntagged}"),
                ]);
            try
            {
                var world = new World(_app, rules);
                foreach (var command in sequence.Commands)
                {
                    await command.RunAsync(world);
                }

                await new Reading(world).AllAsync();
                await world.ClearAsync();
            }
            catch
            {
                await DisposeAsync();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_app is { } app)
            {
                _app = null;
                await app.DisposeAsync();
            }
        }
    }
}
