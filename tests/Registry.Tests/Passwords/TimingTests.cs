using System.Diagnostics;
using System.Globalization;
using System.Net;
using Registry.Auth.Passwords;
using Xunit.Abstractions;

namespace Registry.Tests.Passwords;

/// <summary>
/// S32: how long a wrong password takes for a user who exists and for one who does not. <c>tests/timing</c> takes many samples and
/// reports the medians and how likely such a difference is by chance; a test of a few cannot decide that.
/// </summary>
[Trait("Needs", "time")]
public sealed class TimingTests(ITestOutputHelper output)
{
    // The first letters of the names: of users, of nobody, of users with a cheap hash from an htpasswd file.
    private static readonly string[] Kinds = ["user", "none", "impo"];

    private const string Imported = "$2y$05$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.";

    [Theory, Engines]
    public async Task S32_A_wrong_password_is_timed_for_who_exists_and_who_does_not(Engine engine)
    {
        var samples = int.Parse(Environment.GetEnvironmentVariable("TIMING_SAMPLES") is { Length: > 0 } text ? text : "20", CultureInfo.InvariantCulture);

        // Nobody and no address may fail more often.
        var names = Enumerable.Range(0, (samples - 1) / AttemptLimit.Most + 1).Select(i => $"user{i}").ToArray();
        await using var registry = await SignInRegistry.StartAsync(engine, names);
        foreach (var name in names)
        {
            await registry.AddAsync($"impo{name[4..]}", Imported);
        }

        await registry.AddAsync("dearest", Imported.Replace("$05$", "$08$", StringComparison.Ordinal));
        var times = Kinds.Select(_ => new double[samples]).ToArray();
        var random = new Random(32);
        for (var i = 0; i < samples; i++)
        {
            var from = i / (AttemptLimit.Most / Kinds.Length);
            var address = $"127.1.{from / 250}.{from % 250 + 1}";
            using (await registry.ClientAt(address).GetAsync(new Uri("/readyz", UriKind.Relative)))
            {
                // The connection is there.
            }

            foreach (var kind in Enumerable.Range(0, Kinds.Length).OrderBy(_ => random.Next()).ToArray())
            {
                times[kind][i] = await TimeAsync(registry, Kinds[kind] + names[i / AttemptLimit.Most][4..], address);
            }
        }

        var (known, unknown, imported) = (times[0], times[1], times[2]);
        output.WriteLine(
            $"{engine}: {samples} of each, median {MannWhitney.Median(known):0.00} ms for who exists, {MannWhitney.Median(unknown):0.00} ms for who does not; Mann-Whitney p = {MannWhitney.P(known, unknown):0.000}");
        output.WriteLine(
            $"{engine}: {samples} of each, median {MannWhitney.Median(imported):0.00} ms for who was imported and has not signed in yet; Mann-Whitney p = {MannWhitney.P(imported, unknown):0.000} against who does not exist");
    }

    private static async Task<double> TimeAsync(SignInRegistry registry, string name, string address)
    {
        var start = Stopwatch.GetTimestamp();
        using var response = await registry.SignInAsync(name, $"wrong {start}", address);
        var time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        await OciAssert.StatusAsync(response, HttpStatusCode.Unauthorized);
        return time;
    }
}
