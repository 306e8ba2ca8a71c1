using System.Diagnostics;
using Registry.Tests.Wire;

namespace Registry.Tests.Cluster;

/// <summary>
/// A chunked upload by a client that does not give up: when an answer does not come, or says 503 or 416, it asks how far the upload
/// has come and goes on there. It begins anew only where the registry says that there is no such upload.
/// </summary>
internal sealed class PatientUpload(RepositoryWire repository, byte[] content, int chunk)
{
    // A dead writer's claim holds an upload for half a minute.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly string _digest = Oci.Digest(content);

    /// <summary>How often it had to begin anew.</summary>
    public int Restarts { get; private set; }

    public async Task RunAsync()
    {
        while (await AttemptAsync() is not true)
        {
            Restarts++;
        }
    }

    /// <summary>False when the upload is not known any more.</summary>
    private async Task<bool> AttemptAsync()
    {
        var location = (await AskAsync(() => repository.PostAsync(), 202)).Location;
        for (var offset = 0; offset < content.Length;)
        {
            var length = Math.Min(chunk, content.Length - offset);
            var answer = await TryAsync(() => repository.ChunkAsync(location, content.AsMemory(offset, length), offset));
            if (answer is { Status: 202 })
            {
                (location, offset) = (answer.Location, offset + length);
                continue;
            }

            Assert.True(answer is null or { Status: 404 or 416 or 500 or 502 or 503 }, $"{answer}");
            await PauseAsync(answer);
            var status = await AskAsync(() => repository.StatusAsync(location), 204, 404);
            if (status.Status == 404)
            {
                return false;
            }

            (location, offset) = (status.Location, Stored(status["Range"]));
        }

        return await CloseAsync(location);
    }

    private async Task<bool> CloseAsync(string location)
    {
        while (true)
        {
            var answer = await TryAsync(() => repository.CloseAsync(location, _digest));
            if (answer is { Status: 201 })
            {
                Assert.Equal(_digest, answer.Digest);
                return true;
            }

            Assert.True(answer is null or { Status: 404 or 416 or 500 or 502 or 503 }, $"{answer}");
            if (answer is { Status: 404 })
            {
                return false;
            }

            await PauseAsync(answer);
        }
    }

    /// <summary>Asks until the answer has one of these statuses.</summary>
    private async Task<Answer> AskAsync(Func<Task<Answer>> ask, params int[] statuses)
    {
        while (true)
        {
            var answer = await TryAsync(ask);
            if (answer is not null && statuses.Contains(answer.Status))
            {
                return answer;
            }

            await PauseAsync(answer);
        }
    }

    private Task PauseAsync(Answer? last)
    {
        Assert.True(_clock.Elapsed < Patience, $"the upload of {content.Length} bytes in chunks of {chunk} did not end; last: {last}");
        return Task.Delay(Pause);
    }

    /// <summary>Null when no answer comes.</summary>
    private static async Task<Answer?> TryAsync(Func<Task<Answer>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }

    // "0-99" is 100 bytes; "0-0" is what an upload without any says.
    private static int Stored(string? range)
    {
        var last = int.Parse(range!.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture);
        return last == 0 ? 0 : last + 1;
    }
}
