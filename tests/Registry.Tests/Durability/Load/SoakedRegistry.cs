namespace Registry.Tests.Durability.Load;

/// <summary>A registry under load, with what it has acknowledged and how long its pushes took.</summary>
internal sealed class SoakedRegistry : IAsyncDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    private readonly Ledger _ledger = new();
    private readonly Engine _engine;
    private readonly RegistryProcess _process;
    private readonly List<TimeSpan> _pushes = [];

    private SoakedRegistry(Engine engine, RegistryProcess process) => (_engine, _process) = (engine, process);

    public static async Task<SoakedRegistry> StartAsync(Engine engine, string interval) => new(
        engine,
        await RegistryProcess.StartAsync(
            engine,
            ("Collection:Lease", $"{Lease}"),
            ("Collection:Grace", $"{Lease}"),
            ("Collection:Window", "0:00:00"),
            ("Collection:Interval", interval),
            ("Uploads:Expiry", "0:00:10")));

    public async Task LoadAsync(TimeSpan time)
    {
        var options = new LoadOptions { Lease = Lease, Pushed = Took };
        var load = Writers.Start(_process.Client, _ledger, options, Random.Shared.Next());
        await load.ForAsync(time);
        await load.StopAsync();
    }

    /// <summary>A percentile of the pushes, in milliseconds.</summary>
    public double Push(int percent)
    {
        var ordered = _pushes.Order().ToList();
        return ordered[ordered.Count * percent / 100].TotalMilliseconds;
    }

    public Task AssertWholeAsync() => _ledger.VerifyAsync(_process.Client);

    public Task AssertCollectedAsync() => new Remains(_engine, _process).SettleAsync();

    public override string ToString() =>
        $"{_ledger.Count} changes, {_pushes.Count} pushes of images, p50 {Push(50):0.0} ms, p99 {Push(99):0.0} ms";

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _ledger.Dispose();
    }

    private void Took(TimeSpan time)
    {
        lock (_pushes)
        {
            _pushes.Add(time);
        }
    }
}
