using Registry.Storage.Oci;
using Registry.Upstreams;

namespace Registry.Mirror;

/// <summary>
/// A blob as one stream, however often the upstream cuts it: what is missing is asked for by its range. It ends early only with an
/// exception. What it says of itself is not believed here: whoever reads it compares the digest.
/// </summary>
internal sealed class ResumingBody : BodyStream
{
    // Cuts in a row after which nothing has come at all.
    private const int MostFailures = 6;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private readonly Mirrored repository;
    private readonly Digest digest;
    private UpstreamAnswer? answer;
    private int failures;

    // The next byte that the reader wants, and how many come before it because the upstream does not know ranges.
    private long next;
    private long skip;

    private ResumingBody(Mirrored repository, Digest digest, UpstreamAnswer answer, long from)
    {
        (this.repository, this.digest, this.answer, Total) = (repository, digest, answer, answer.Length);
        (next, skip) = (from, from - answer.Offset);
    }

    /// <summary>The bytes of the whole blob, as the upstream says; null when it does not.</summary>
    public long? Total { get; }

    /// <summary>Asks for a blob from an offset on.</summary>
    /// <exception cref="UpstreamException">It cannot be had, or is not as long as it should be.</exception>
    public static async Task<ResumingBody> OpenAsync(Mirrored repository, Digest digest, long from, long? size, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(repository, digest, from, cancellationToken);
        if (size is { } expected && answer.Length is { } told && told != expected)
        {
            answer.Dispose();
            throw new UpstreamException($"the upstream says that {digest} has {told} bytes, its manifest says {expected}");
        }

        return new ResumingBody(repository, digest, answer, from);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (next != Total)
        {
            try
            {
                var count = await ReadOnAsync(buffer, cancellationToken);
                if (count > 0)
                {
                    return count;
                }

                if (Total is null)
                {
                    return 0;
                }
            }
            catch (Exception e) when (e is IOException or UpstreamException { Outcome: UpstreamOutcome.Unavailable } && failures < MostFailures && Total is not null)
            {
                answer?.Dispose();
                answer = null;
                await Task.Delay(FirstPause * (1 << failures++), cancellationToken);
            }
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        answer?.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadOnAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (answer is null)
        {
            answer = await AskAsync(repository, digest, next, cancellationToken);
            skip = next - answer.Offset;
            if (answer.Length != Total)
            {
                throw new UpstreamException("the upstream has changed its mind about the length of the blob", UpstreamOutcome.Missing);
            }
        }

        while (skip > 0)
        {
            var skipped = await answer.Body.ReadAsync(buffer[..(int)Math.Min(skip, buffer.Length)], cancellationToken);
            skip -= skipped > 0 ? skipped : throw new IOException("the upstream has fewer bytes than it had");
        }

        var count = await answer.Body.ReadAsync(buffer, cancellationToken);
        next += count;
        failures = count > 0 ? 0 : failures;
        return count > 0 || Total is null ? count : throw new IOException("the upstream ended early");
    }

    private static async Task<UpstreamAnswer> AskAsync(Mirrored repository, Digest digest, long from, CancellationToken cancellationToken)
    {
        var answer = await repository.Upstream.Client.SendAsync(
            new UpstreamRequest(HttpMethod.Get, repository.Remote, $"blobs/{digest}") { From = from > 0 ? from : null }, cancellationToken);
        if (answer.Outcome == UpstreamOutcome.Found && answer.Offset <= from)
        {
            return answer;
        }

        using (answer)
        {
            throw new UpstreamException(answer.Why ?? "the upstream does not have the blob", answer.Outcome == UpstreamOutcome.Found ? UpstreamOutcome.Unavailable : answer.Outcome);
        }
    }
}
