using Registry.Tests.Wire;

namespace Registry.Tests.Replicas;

/// <summary>A client that does not give up: when a request fails, or the claim of a writer that was killed is still there, it asks how far it has come, and goes on.</summary>
internal static class PatientUpload
{
    private const int Chunk = 40_000;

    // Longer than the claim of a dead writer lasts.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<string> RunAsync(RepositoryWire repository)
    {
        var content = Oci.RandomBytes(Random.Shared.Next(1000, 250_000));
        var digest = Oci.Digest(content);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var location = string.Empty;
        while (true)
        {
            Assert.True(clock.Elapsed < Patience, $"{location} does not come to an end");
            if (location.Length == 0)
            {
                location = (await TryAsync(() => repository.PostAsync()))?.Is(202).Location ?? string.Empty;
                continue;
            }

            var status = await TryAsync(() => repository.StatusAsync(location));
            var position = status is { Status: 204 } && status["Range"] is { } range ? PositionOf(range) : -1;
            var answer = status is null || (position < 0 && status.Status != 404) ? null
                : position >= 0 && position < content.Length
                    ? await TryAsync(() => repository.ChunkAsync(location, content.AsMemory((int)position, (int)Math.Min(Chunk, content.Length - position)), position))
                    : await TryAsync(() => repository.CloseAsync(location, digest)); // or it has been closed, and the answer was lost
            if (answer is { Status: 201 })
            {
                return digest;
            }

            answer?.IsOneOf(202, 416);
            if (answer is not { Status: 202 })
            {
                await Task.Delay(100);
            }
        }
    }

    // An upload without bytes says 0-0, as one with a single byte would.
    private static long PositionOf(string range) => range == "0-0" ? 0 : long.Parse(range[(range.IndexOf('-', StringComparison.Ordinal) + 1)..]) + 1;

    private static async Task<Answer?> TryAsync(Func<Task<Answer>> request)
    {
        try
        {
            return await request();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            return null; // whoever should have answered has died
        }
    }
}
