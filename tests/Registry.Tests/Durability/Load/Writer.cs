using System.Diagnostics;
using Registry.Tests.Wire;

namespace Registry.Tests.Durability.Load;

/// <summary>
/// A client with a repository of its own, in which it pushes, pulls, untags and deletes, one thing after the other. So it
/// knows what the repository has to show, but for the one change whose answer is lost when the registry dies. It pushes blobs in
/// the ways it is given, in turn, or in any.
/// </summary>
internal sealed class Writer(HttpClient http, string name, string sibling, Ledger ledger, LoadOptions options, int seed, params Way[] ways)
{
    private const int Tags = 5;
    private const int MostImages = 10;
    private const int Remembered = 10;

    private readonly RepositoryWire _repository = new(http, name);
    private readonly Random _random = new(seed);
    private readonly Shelf _shelf = ledger[name];
    private readonly List<LoadImage> _deletedBefore = [];
    private readonly Dictionary<string, LoadImage> _pushed = [];
    private long _answered;
    private int _turn;

    /// <summary>The change that was asked for and not answered.</summary>
    public Change? InDoubt { get; private set; }

    /// <summary>One thing after the other until it is stopped, or the registry is gone.</summary>
    public async Task RunAsync(Func<bool> stopped)
    {
        while (!stopped())
        {
            await (_random.Next(100) switch
            {
                < 50 when _shelf.Present.Count < MostImages => PushAsync(NextImage(), $"v{_random.Next(Tags)}"),
                < 75 => PullAsync(),
                < 85 => UntagAsync(),
                _ => DeleteAsync(),
            });
        }
    }

    /// <summary>Pushes an image as often as it takes; a blob that nothing names yet may be collected when its lease is over.</summary>
    public async Task PushAsync(LoadImage image, string tag)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var promised = Stopwatch.StartNew();
            foreach (var blob in image.Blobs)
            {
                await PushBlobAsync(blob);
            }

            var answer = await ChangeAsync(
                new Change.Push(name, image.Digest, tag), () => _repository.PutManifestAsync(tag, image.Manifest, Oci.ManifestType), 201, 400);
            if (answer.Status == 201)
            {
                break;
            }

            // A blob that HEAD finds has at least half of its lease left.
            answer.IsError(400, "MANIFEST_BLOB_UNKNOWN");
            Assert.True(promised.Elapsed >= options.Lease / 2, $"collected {promised.ElapsedMilliseconds} ms after it was promised: {answer}");
        }

        _pushed[image.Digest] = image;
        options.Pushed(Stopwatch.GetElapsedTime(start, _answered));
    }

    public Task DeleteAsync(string digest) =>
        ChangeAsync(new Change.Delete(name, digest), () => _repository.DeleteAsync($"manifests/{digest}"), 202, 404);

    public Task UntagAsync(string tag) => ChangeAsync(new Change.Untag(name, tag), () => _repository.DeleteAsync($"manifests/{tag}"), 202, 404);

    // Some come back, while collection is perhaps about to take them away.
    private LoadImage NextImage() => _deletedBefore.Count > 0 && _random.Next(4) == 0 ? Pick(_deletedBefore) : LoadImage.Make(_random);

    private Task UntagAsync() => _shelf.Tags.Count == 0 ? Task.CompletedTask : UntagAsync(Pick(_shelf.Tags.Keys.Order()));

    private async Task DeleteAsync()
    {
        if (_shelf.Present.Count > 0)
        {
            var digest = Pick(_shelf.Present.Order());
            await DeleteAsync(digest);
            if (_pushed.Remove(digest, out var image))
            {
                _deletedBefore.Add(image);
                if (_deletedBefore.Count > Remembered)
                {
                    _deletedBefore.RemoveAt(0);
                }
            }
        }
    }

    private async Task PullAsync()
    {
        if (_shelf.Tags.Count == 0)
        {
            return;
        }

        var (tag, digest) = Pick(_shelf.Tags.OrderBy(pair => pair.Key));
        var manifest = await UntilServedAsync(() => _repository.GetAsync($"manifests/{tag}"));
        Assert.Equal(digest, manifest.Is(200).Digest);
        foreach (var blob in Shelf.Named(manifest.Body))
        {
            Assert.Equal(blob, RepositoryWire.DigestOf((await UntilServedAsync(() => _repository.GetAsync($"blobs/{blob}"))).Is(200).Body));
        }
    }

    private async Task PushBlobAsync(byte[] content)
    {
        var push = new BlobPush(_repository, sibling);
        Answer answer;
        do
        {
            // Not found, or not to be written to: the session has expired, or an outage has left its claim behind.
            answer = await UntilServedAsync(() => push.SendAsync(content, NextWay()));
            Assert.True(answer.Status is 200 or 201 or 404 or 416, $"{answer}");
        }
        while (answer.Status is not (200 or 201));
    }

    private async Task<Answer> ChangeAsync(Change change, Func<Task<Answer>> send, int done, int refused)
    {
        InDoubt = change;
        var answer = await UntilServedAsync(send);
        _answered = Stopwatch.GetTimestamp(); // before the ledger takes its time
        Assert.True(answer.Status == done || answer.Status == refused, $"{answer}");

        // 404 to a delete: an earlier attempt, whose answer was 503, has done it.
        if (answer.Status is not 400)
        {
            Assert.True(answer.Status == done || options.Outages, $"{answer}");
            ledger.Acknowledge(change);
        }

        InDoubt = null;
        return answer;
    }

    private async Task<Answer> UntilServedAsync(Func<Task<Answer>> send)
    {
        while (true)
        {
            var answer = await send();
            if (answer.Status != 503 || !options.Outages)
            {
                return answer;
            }

            answer.Has("Retry-After", "5");
            await Task.Delay(10);
        }
    }

    private Way NextWay() => ways.Length == 0 ? (Way)_random.Next(Enum.GetValues<Way>().Length) : ways[_turn++ % ways.Length];

    private T Pick<T>(IEnumerable<T> from)
    {
        var all = from.ToList();
        return all[_random.Next(all.Count)];
    }
}
