using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Win32.SafeHandles;

namespace Registry.Connections;

/// <summary>
/// The sending half of a TCP connection. Kestrel writes to it as to its own; the bytes go straight to the socket, and a range of
/// a file can be put between them, which then leaves by sendfile(2). A client that stalls is cut off here, whatever it asked for.
/// docs/decisions/0007-zero-copy-pulls.md says what this relies on.
/// </summary>
internal sealed class SocketOutput : PipeWriter
{
    private const int BlockSize = 64 << 10;

    private readonly ConnectionContext connection;
    private readonly Socket socket;
    private readonly StallTimeout stall;
    private readonly PipeWriter bytes;
    private Memory<byte> handedOut;
    private FileSegment? segment;
    private int? announced;
    private Task sending = Task.CompletedTask;
    private bool ended;

    public SocketOutput(ConnectionContext connection, Socket socket, StallTimeout stall)
    {
        (this.connection, this.socket, this.stall) = (connection, socket, stall);
        bytes = Create(new NetworkStream(socket, ownsSocket: false), new StreamPipeWriterOptions(minimumBufferSize: BlockSize));
        socket.Blocking = false; // sendfile must not block, and NetworkStream takes only sockets that seem to
    }

    /// <summary>Why a file could not be sent to its end; whoever sent it has to end the connection.</summary>
    public IOException? Failure { get; private set; }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => bytes.UnflushedBytes;

    /// <summary>
    /// Puts a range of a file behind what was written to a response's body; flushing the body sends it. False, and nothing
    /// is changed, when something between the body and the socket (TLS, HTTP/2, chunks) has to see the bytes.
    /// </summary>
    /// <param name="body">The body of a response that has started, with its length set.</param>
    /// <param name="file">Stays open until the flush ends.</param>
    /// <param name="offset">Where the range begins.</param>
    /// <param name="count">How long it is.</param>
    public bool TryAppend(PipeWriter body, SafeFileHandle file, long offset, int count)
    {
        // Whoever hands out this connection's own memory passes bytes on as they are; then Kestrel need not have them, only count them.
        handedOut = default;
        if (segment is not null || body.GetMemory() is not { IsEmpty: false } memory || !memory.Equals(handedOut))
        {
            return false;
        }

        announced = 0;
        body.Advance(count);
        var passedOn = announced;
        announced = null;
        if (passedOn != count)
        {
            End();
            throw new InvalidOperationException($"of {count} bytes of a body {passedOn} were passed on to the connection");
        }

        segment = new FileSegment(file, offset, count);
        return true;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) =>
        segment is null ? handedOut = bytes.GetMemory(sizeHint) : throw new InvalidOperationException("a range of a file has to be flushed first");

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (announced is not null)
        {
            announced += bytes;
        }
        else
        {
            this.bytes.Advance(bytes);
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (ended)
        {
            return new(new FlushResult(isCanceled: false, isCompleted: true));
        }

        var flush = bytes.FlushAsync(cancellationToken);
        if (segment is null && flush.IsCompletedSuccessfully)
        {
            return flush;
        }

        var send = SendAsync(flush, cancellationToken);
        sending = send;
        return new(send);
    }

    public override void CancelPendingFlush() => bytes.CancelPendingFlush();

    /// <summary>Kestrel is done; what it has not flushed is sent by <see cref="FinishAsync"/>.</summary>
    public override void Complete(Exception? exception = null) => ended |= exception is not null;

    /// <summary>Sends what is left, after everything above has let go of the connection.</summary>
    public async Task FinishAsync()
    {
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await FlushAsync();
        await bytes.CompleteAsync(ended ? new ConnectionAbortedException() : null);
    }

    private async Task<FlushResult> SendAsync(ValueTask<FlushResult> flush, CancellationToken cancellationToken)
    {
        try
        {
            var result = flush.IsCompletedSuccessfully ? await flush : await stall.WaitAsync(flush.AsTask(), socket);
            if (segment is not null)
            {
                await segment.SendAsync(socket, stall, cancellationToken);
                segment = null;
            }

            return result;
        }
        catch (OperationCanceledException)
        {
            ended = true;
            throw; // Kestrel ends the connection
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or TimeoutException or IOException { InnerException: SocketException })
        {
            End();
        }
        catch (IOException e)
        {
            // Not of the client's making, and worth a line in the log; ending the connection first would hide it.
            ended = true;
            Failure = e;
        }

        return new FlushResult(isCanceled: false, isCompleted: true);
    }

    // What has been sent cannot be completed any more, and must not look complete.
    private void End()
    {
        ended = true;
        connection.Abort(new ConnectionAbortedException("the client has gone"));
    }
}
