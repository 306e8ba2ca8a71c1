using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Registry.Connections;

/// <summary>A range of a file on its way to a socket by sendfile(2): the bytes never enter the process.</summary>
internal sealed partial class FileSegment(SafeFileHandle file, long offset, int count)
{
    // Between two steps other requests get the thread. Larger steps are no faster and make small requests wait.
    private const int Step = 256 << 10;

    // One page: enough to wait for room, and what follows stays aligned.
    private const int CopyStep = 4 << 10;

    private const int Interrupted = 4; // EINTR

    private readonly TaskCompletionSource sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long offset = offset;
    private int left = count;

    /// <summary>Completes when the range has been sent; never when it cannot be.</summary>
    public Task Sent => sent.Task;

    public void End() => sent.SetResult();

    /// <summary>Sends the range. The socket is non-blocking.</summary>
    /// <exception cref="IOException">The file ends before the range does, or cannot be read.</exception>
    /// <exception cref="SocketException">The client has gone.</exception>
    /// <exception cref="TimeoutException">The client has stalled.</exception>
    public async Task SendAsync(Socket socket, StallTimeout stall)
    {
        while (left > 0)
        {
            var step = Math.Min(left, Step);
            var sent = (int)sendfile64(socket.SafeHandle, file, ref offset, step);
            if (sent > 0)
            {
                left -= sent;
                await Task.Yield();
            }
            else if (sent == 0 || Marshal.GetLastPInvokeError() != Interrupted)
            {
                await CopyAsync(socket, stall);
            }
        }
    }

    /// <summary>
    /// Sends a little in the ordinary way. It waits while the socket has no room, which is the usual reason to come here, and
    /// says which side has failed if that is the reason.
    /// </summary>
    private async Task CopyAsync(Socket socket, StallTimeout stall)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(CopyStep);
        var read = RandomAccess.Read(file, buffer.AsSpan(0, Math.Min(left, CopyStep)), offset);
        if (read == 0)
        {
            throw new IOException("the object is shorter than its row says");
        }

        await stall.WaitAsync(socket.SendAsync(buffer.AsMemory(0, read), SocketFlags.None), socket);
        offset += read;
        left -= read;
        ArrayPool<byte>.Shared.Return(buffer); // not after a failure: the socket may still be about to send it
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendfile64(SafeSocketHandle socket, SafeFileHandle file, ref long offset, nint count);
}
