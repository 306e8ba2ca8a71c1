using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>S1, S2: what a client asks for or sends never decides how much memory the server takes.</summary>
public sealed class PageMemoryTests
{
    private const long Megabyte = 1 << 20;

    [Theory, Engines]
    public async Task S1_Two_hundred_requests_for_huge_pages_at_once_take_no_memory_to_speak_of(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = new RepositoryWire(registry.Client, "library/app");
        var image = await repository.PushImageAsync("v1");
        var lists = new[] { "/v2/_catalog", repository.At("tags/list"), repository.At($"referrers/{image.Digest}") };
        await AskAsync(registry.Client, lists, ["1000"], 600);
        var before = PeakMemory(registry);

        await AskAsync(registry.Client, lists, ["2147483647", "4294967295", "9223372036854775807", "99999999999999999999"], 600);

        Assert.InRange(PeakMemory(registry) - before, 0, 32 * Megabyte);
    }

    [Theory, Engines]
    public async Task S2_A_hundred_endless_manifests_at_once_take_bounded_memory(Engine engine)
    {
        await using var registry = await RegistryProcess.StartAsync(engine);
        var repository = new RepositoryWire(registry.Client, "library/app");
        await repository.PushImageAsync("v1");
        var body = new byte[(4 << 20) + 1];

        foreach (var _ in Enumerable.Range(0, 10))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ =>
                repository.Http.SendAsync("PUT", repository.At("manifests/v2"), Wire.Http.Streamed(body, Oci.ManifestType))));
            Assert.All(answers, answer => answer.Is(413));
        }

        // Ten at once hold up to 4 MiB each, and what the garbage collector has not yet looked at.
        Assert.InRange(PeakMemory(registry), 0, 512 * Megabyte);
        (await repository.HeadAsync("manifests/v1")).Is(200);
    }

    private static async Task AskAsync(HttpClient http, string[] lists, string[] sizes, int count)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, count).Select(i => http.SendAsync("GET", $"{lists[i % lists.Length]}?n={sizes[i % sizes.Length]}")));
        Assert.All(answers, answer => answer.Is(200));
    }

    private static long PeakMemory(RegistryProcess registry)
    {
        var line = File.ReadLines($"/proc/{registry.Id}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }
}
