using System.Globalization;
using Registry.Tests.Wire;
using Xunit.Abstractions;

namespace Registry.Tests.Fuzz;

/// <summary>
/// Requests that are wrong in every way one can think of leave the registry as it was: no answer 500, no hang, no memory that
/// stays, no end of the process, nothing in the log. FUZZ_SECONDS and FUZZ_SEED choose how long and which; FUZZ_CASE repeats one.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Workers = 8;
    private const long MaxGrowth = 64 << 20;

    private static readonly int Seed = Number("FUZZ_SEED", 1);
    private static readonly int Seconds = Number("FUZZ_SECONDS", 60);

    [Theory, Engines]
    public async Task Spoilt_requests_never_fail_inside_never_hang_and_leave_no_memory_behind(Engine engine)
    {
        // What costs most is to be done on one engine; the other differs in its statements only.
        var time = TimeSpan.FromSeconds(engine is Engine.Sqlite ? Seconds : Math.Max(5, Seconds / 4));
        await using var registry = await RegistryProcess.CreateAsync(engine);
        await registry.StartAgainAsync(Memory.Thrift);
        var canary = new RepositoryWire(registry.Client, "canary/app");
        var image = await canary.PushImageAsync("v1");
        var run = new FuzzRun(registry.Address, Seed);

        if (Number("FUZZ_CASE", -1) is var only and >= 0)
        {
            await run.RunAsync(only);
            Fail(registry, run);
            return;
        }

        var warmUp = time / 2;
        await run.RunAsync(warmUp, Workers);
        Fail(registry, run);
        var before = await Memory.KeptAsync(registry);
        await run.RunAsync(time - warmUp, Workers);
        Fail(registry, run);

        // Buffers that were needed for a moment are given back after ten seconds or two times ten.
        var after = 0L;
        await Eventually.TrueAsync(
            async () => (after = await Memory.KeptAsync(registry)) - before <= MaxGrowth,
            () => $"resident memory grows by {MaxGrowth >> 20} MiB at most, not from {before >> 20} MiB to {after >> 20} MiB");
        output.WriteLine($"Seed {Seed}: {run.Cases} cases, {run.Requests} requests; resident {before >> 20} MiB after the warm-up, {after >> 20} MiB at the end.");
        Assert.Equal(image.Content, (await canary.GetAsync("manifests/v1")).Is(200).Body);
        Assert.Equal(["v1"], (await canary.GetAsync("tags/list")).Is(200).Strings("tags"));
        Assert.InRange(run.Requests, 100, long.MaxValue);
    }

    private static void Fail(RegistryProcess registry, FuzzRun run)
    {
        // An announced length for which there is no room is rightly logged. And Kestrel logs that it cannot drain a body whose
        // trailers are garbage, or whose client has gone; it closes the connection then.
        string[] allowed = ["failed with 507", "Kestrel[67]"];
        var log = string.Join('\n', registry.Errors.Split('\n').Where(line =>
            (line.Contains("fail:", StringComparison.Ordinal) || line.Contains("crit:", StringComparison.Ordinal)) && !allowed.Any(line.Contains)));
        Assert.True(run.Failures.Count == 0, $"{string.Join("\n\n", run.Failures)}\nThe log:\n{log}");
        Assert.True(log.Length == 0, $"Seed {Seed}: the registry has logged errors:\n{log}");
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
