using Registry.Tests.Repositories;
using Registry.Tests.Wire;
using Xunit.Sdk;

namespace Registry.Tests.Durability.Load;

/// <summary>
/// The same changes each time, in which every kind of transaction occurs: blobs in all ways, a tag that moves, images that are
/// untagged, deleted and collected, and a repository that is deleted with what is in it.
/// </summary>
internal sealed class Scenario(Engine engine, RegistryProcess registry, Ledger ledger)
{
    private const string App = "fault/app";
    private const string Other = "fault/other";
    private const string Gone = "fault/gone";

    private readonly Remains _remains = new(engine, registry);
    private readonly List<Change> _inDoubt = [];
    private string? _previous;
    private int _times;

    /// <summary>Starts the registry with a fault point, looks at what the last death has left, and goes on. False when it lives to the end.</summary>
    public async Task<bool> DiesAtAsync(string faultPoint)
    {
        if (await registry.StartAgainAsync(faultPoint))
        {
            try
            {
                await VerifyAsync();
                await RunAsync();
            }
            catch (Exception e) when (Writers.IsGone(e))
            {
                await registry.ExitedAsync();
            }
            catch (XunitException e)
            {
                throw new XunitException($"{faultPoint}: {e.Message}\n{registry.Errors}", e);
            }
        }

        var died = registry.HasExited;
        registry.Kill();
        await registry.ExitedAsync();
        Assert.True(!died || registry.Errors.Contains($"killed at fault point {faultPoint}", StringComparison.Ordinal), registry.Errors);
        await _remains.AssertOrderAsync();
        await _remains.LetClaimsLapseAsync();
        return died;
    }

    public async Task VerifyAsync()
    {
        await ledger.ResolveAsync(registry.Client, _inDoubt);
        _inDoubt.Clear();
        await ledger.VerifyAsync(registry.Client);
    }

    private async Task RunAsync()
    {
        var image = LoadImage.Small(_times++);
        await AsAsync(App, Other, writer => writer.PushAsync(image, "v1"), Way.Post, Way.Chunks);
        await AsAsync(Other, App, writer => writer.PushAsync(image, "v1"), Way.Put, Way.Mount);
        await AsAsync(Other, App, writer => writer.UntagAsync("v1"));
        await AsAsync(Other, App, writer => writer.DeleteAsync(image.Digest));
        if (_previous is not null && ledger[App].Present.Contains(_previous))
        {
            await AsAsync(App, Other, writer => writer.DeleteAsync(_previous));
        }

        _previous = image.Digest;
        await AsAsync(Gone, App, writer => writer.PushAsync(image, "v1"), Way.Mount, Way.Chunks);
        await DeleteAllAsync(Gone);
        await CollectedAsync();
    }

    private async Task AsAsync(string name, string sibling, Func<Writer, Task> act, params Way[] ways)
    {
        var writer = new Writer(registry.Client, name, sibling, ledger, new LoadOptions(), seed: 0, ways);
        try
        {
            await act(writer);
        }
        finally
        {
            _inDoubt.AddRange(writer.InDoubt is { } change ? [change] : []);
        }
    }

    private async Task DeleteAllAsync(string name)
    {
        var change = new Change.DeleteAll(name);
        _inDoubt.Add(change);
        (await Deletion.DeleteRepositoryAsync(registry.DataDirectory, name)).Is(204);
        ledger.Acknowledge(change);
        _inDoubt.Remove(change);
    }

    private Task CollectedAsync()
    {
        var sql = Sql.Of(engine, registry);
        return Eventually.TrueAsync(
            async () => registry.HasExited || await sql.NumberAsync(
                """
                select (select count(*) from repository where emptying is not null) + (select count(*) from manifest_queue)
                  + (select count(*) from blob_queue) + (select count(*) from object where state = 2)
                """) == 0,
            "what was deleted is collected");
    }
}
