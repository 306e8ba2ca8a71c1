using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Win32.SafeHandles;

namespace Registry.Connections;

/// <summary>
/// The sending half of a TCP connection. Kestrel writes to it as to its own; a range of a file can be put behind what was written,
/// which then leaves by sendfile(2). A client that stalls is cut off here, whatever it asked for. Below TLS, where no file can be
/// sent so, it steps aside for the transport's own.
/// docs/decisions/0007-zero-copy-pulls.md says what this relies on.
/// </summary>
internal sealed class SocketOutput : PipeWriter
{
    // As in Kestrel's transport: what may wait for the client before the writer has to.
    private const int MostWaiting = 64 << 10;

    // Without a limit a client that does not read holds megabytes of the kernel's memory for TCP, of which a machine has about a
    // tenth of its own: a thousand such clients, and the kernel resets connections of others.
    private const int MostUnsent = 512 << 10;
    private const int NotSentLowWater = 25; // TCP_NOTSENT_LOWAT

    private readonly ConnectionContext connection;
    private readonly Socket socket;
    private readonly StallTimeout stall;
    private readonly PipeWriter transport;
    private readonly Pipe pipe;
    private readonly List<ArraySegment<byte>> pieces = [];
    private PipeWriter? chosen;
    private Task sending = Task.CompletedTask;
    private Memory<byte> handedOut;
    private int? announced;
    private FileSegment? appended;

    // What is sent when the pipe is empty; set when everything that goes before it is in the pipe.
    private volatile FileSegment? due;

    public SocketOutput(ConnectionContext connection, Socket socket, MemoryPool<byte>? pool, StallTimeout stall)
    {
        (this.connection, this.socket, this.stall, transport) = (connection, socket, stall, connection.Transport.Output);
        socket.Blocking = false; // for sendfile; .NET waits by itself
        socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, NotSentLowWater, BitConverter.GetBytes(MostUnsent));
        pipe = new Pipe(new PipeOptions(
            pool, pauseWriterThreshold: MostWaiting, resumeWriterThreshold: MostWaiting / 2, useSynchronizationContext: false));
    }

    /// <summary>Why a file could not be sent to its end; whoever sent it has to end the connection.</summary>
    public IOException? Failure { get; private set; }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => Bytes.UnflushedBytes;

    // A connection says that it speaks TLS before the first byte goes out.
    private PipeWriter Bytes => chosen ??= connection.Features.Get<ITlsConnectionFeature>() is null ? Begin() : transport;

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
        // Who hands out this connection's own memory passes bytes on as they are: Kestrel need not have them, only count them.
        handedOut = default;
        if (body.GetMemory() is not { IsEmpty: false } memory || !memory.Equals(handedOut))
        {
            return false;
        }

        announced = 0;
        body.Advance(count);
        var passedOn = announced;
        announced = null;
        if (passedOn != count)
        {
            connection.Abort(new ConnectionAbortedException($"of {count} bytes of a body {passedOn} were passed on to the connection"));
            return true;
        }

        appended = new FileSegment(file, offset, count);
        return true;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) =>
        appended is null ? handedOut = Bytes.GetMemory(sizeHint) : throw new InvalidOperationException("a range of a file has to be flushed first");

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (announced is not null)
        {
            announced += bytes;
        }
        else
        {
            Bytes.Advance(bytes);
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var flush = Bytes.FlushAsync(cancellationToken);
        return appended is { } file ? new(FlushFileAsync(flush, file)) : flush;
    }

    public override void CancelPendingFlush() => Bytes.CancelPendingFlush();

    /// <summary>Kestrel is done. What is left is sent: a connection that must not look well is aborted, not completed.</summary>
    public override void Complete(Exception? exception = null) => Bytes.Complete();

    /// <summary>Waits until what is left has been sent.</summary>
    public Task FinishAsync()
    {
        Complete();
        return sending;
    }

    private PipeWriter Begin()
    {
        sending = RunAsync();
        return pipe.Writer;
    }

    // Nothing cancels this: a request that is aborted closes the connection, which ends the sending.
    private async Task<FlushResult> FlushFileAsync(ValueTask<FlushResult> flush, FileSegment file)
    {
        appended = null;
        due = file;
        pipe.Reader.CancelPendingRead(); // wakes the sender if it has nothing to send
        await flush;
        await Task.WhenAny(file.Sent, sending);
        return new FlushResult(isCanceled: false, isCompleted: !file.Sent.IsCompleted);
    }

    private async Task RunAsync()
    {
        try
        {
            await SendAsync();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or TimeoutException)
        {
            connection.Abort(new ConnectionAbortedException("the client has gone", e));
        }
        catch (IOException e)
        {
            // Not of the client's making, and worth a line in the log; aborting here would hide it.
            Failure = e;
        }
        finally
        {
            await pipe.Reader.CompleteAsync(); // from now on a flush says that nobody reads
        }
    }

    private async Task SendAsync()
    {
        while (true)
        {
            var file = due; // before the pipe is looked at: then what goes before the file is found there
            ReadResult read;
            if (file is null)
            {
                read = await pipe.Reader.ReadAsync();
            }
            else if (!pipe.Reader.TryRead(out read))
            {
                await file.SendAsync(socket, stall);
                due = null;
                file.End();
                continue;
            }

            await SendAsync(read.Buffer);
            pipe.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            return bytes.IsEmpty ? default : stall.WaitAsync(socket.SendAsync(bytes.First, SocketFlags.None), socket);
        }

        pieces.Clear();
        foreach (var piece in bytes)
        {
            pieces.Add(MemoryMarshal.TryGetArray(piece, out var array) ? array : throw new InvalidOperationException("memory without an array"));
        }

        return stall.WaitAsync(new ValueTask<int>(socket.SendAsync(pieces, SocketFlags.None)), socket);
    }
}
