using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace Registry.Tests.Wire;

/// <summary>
/// Stands between a registry and its database, reads the messages that the registry sends, and can cut the connection at a
/// COMMIT, a chosen one or some at random: before the server has seen it, or after it has answered and before the registry has.
/// It can also hold a session just before one of its statements, while others go on.
/// </summary>
internal sealed class PostgresTap : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _relays = [];
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly Task _accepting;
    private readonly ConcurrentQueue<string> _statements = new();
    private readonly ConcurrentQueue<string> _texts = new();
    private readonly ConcurrentDictionary<string, Hold> _holds = new();
    private volatile Order? _order;
    private volatile Lottery? _lottery;
    private int _cuts;

    private PostgresTap(string connectionString)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>What has been executed since the last call: the text of simple queries, "prepared" for all others.</summary>
    public IReadOnlyList<string> TakeStatements() => Take(_statements);

    /// <summary>The messages with the text of a statement since the last call. Prepared statements come without one.</summary>
    public IReadOnlyList<string> TakeTexts() => Take(_texts);

    /// <summary>True until the COMMIT has been cut.</summary>
    public bool Armed => _order is not null;

    /// <summary>The commits that were cut.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>What the registry connects to instead.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder(_server.ConnectionString)
    {
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    public static PostgresTap On(string connectionString) => new(connectionString);

    /// <summary>Cuts the first connection that commits after a statement with this text in it.</summary>
    /// <param name="statement">A part of the statement. Statements that have become prepared do not show their text any more.</param>
    /// <param name="committed">Whether the server may commit before the connection is cut.</param>
    public void CutCommitAfter(string statement, bool committed) => _order = new Order(statement, committed);

    /// <summary>From here on cuts one COMMIT in so many, half of them before the server has seen it.</summary>
    public void CutCommits(int oneIn) => _lottery = new Lottery(oneIn);

    /// <summary>Cuts no more of them.</summary>
    public void CutNoCommits() => _lottery = null;

    /// <summary>
    /// Holds the next session that sends a statement with this text, before the server sees it. Works for statements that are
    /// not prepared: connect with "Max Auto Prepare=0".
    /// </summary>
    public Hold HoldBefore(string statement) => _holds[statement] = new Hold(statement);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_relays);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _relays.Add(RelayAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task RelayAsync(TcpClient registry)
    {
        using (registry)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(_server.Host!, _server.Port, _stop.Token);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                var answers = new AnswerGate(server.GetStream(), registry.GetStream());
                var back = answers.CopyAsync(either.Token);
                await Task.WhenAny(ForwardAsync(registry.GetStream(), server.GetStream(), answers, either.Token), back);
                await either.CancelAsync();
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
            }
        }
    }

    // Frontend messages: the first has no type; all others are a type, a length that counts itself, and the rest.
    private async Task ForwardAsync(NetworkStream registry, NetworkStream server, AnswerGate answers, CancellationToken cancellationToken)
    {
        try
        {
            var head = new byte[5];
            var marked = false;
            for (var first = true; ; first = false)
            {
                var start = first ? 1 : 0;
                await registry.ReadExactlyAsync(head.AsMemory(start), cancellationToken);
                var rest = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)) - 4];
                await registry.ReadExactlyAsync(rest, cancellationToken);
                if (!first && head[0] is (byte)'E' or (byte)'Q')
                {
                    _statements.Enqueue(head[0] == (byte)'Q' ? Encoding.UTF8.GetString(rest).TrimEnd('\0') : "prepared");
                }

                if (!first && head[0] is (byte)'P' or (byte)'Q')
                {
                    _texts.Enqueue(Encoding.UTF8.GetString(rest));
                }

                if (!first && HoldOf(rest) is { } hold)
                {
                    await hold.StopAsync(cancellationToken);
                }

                var cut = first ? null : Cut(rest, ref marked);
                if (cut is { Committed: false })
                {
                    return;
                }

                var answered = cut is null ? null : answers.SwallowNext();
                await server.WriteAsync(head.AsMemory(start), cancellationToken);
                await server.WriteAsync(rest, cancellationToken);
                if (answered is not null)
                {
                    await answered.WaitAsync(cancellationToken);
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
        }
    }

    /// <summary>How to cut the connection at this message, or null.</summary>
    private Order? Cut(byte[] message, ref bool marked)
    {
        var (order, lottery) = (_order, _lottery);
        if (order is null && lottery is null)
        {
            return null;
        }

        var text = Encoding.ASCII.GetString(message);
        marked = marked || (order is not null && text.Contains(order.Statement, StringComparison.Ordinal));
        if (!text.Contains("COMMIT", StringComparison.Ordinal))
        {
            return null;
        }

        var cut = marked ? order : lottery?.Draw();
        if (cut is not null)
        {
            _order = null;
            Interlocked.Increment(ref _cuts);
        }

        return cut;
    }

    private static List<string> Take(ConcurrentQueue<string> queue)
    {
        var taken = new List<string>();
        while (queue.TryDequeue(out var statement))
        {
            taken.Add(statement);
        }

        return taken;
    }

    private Hold? HoldOf(byte[] message)
    {
        if (_holds.IsEmpty)
        {
            return null;
        }

        var text = Encoding.ASCII.GetString(message);
        return _holds.Values.FirstOrDefault(
            hold => text.Contains(hold.Statement, StringComparison.Ordinal) && _holds.TryRemove(new(hold.Statement, hold)));
    }

    private sealed record Order(string Statement, bool Committed);

    private sealed record Lottery(int OneIn)
    {
        public Order? Draw() => Random.Shared.Next(OneIn) == 0 ? new Order("", Random.Shared.Next(2) == 0) : null;
    }

    /// <summary>Passes the server's bytes on until it is told to keep the next ones.</summary>
    private sealed class AnswerGate(NetworkStream server, NetworkStream registry)
    {
        private TaskCompletionSource? _swallowed;

        /// <summary>Completes when the server has answered; nothing is passed on any more.</summary>
        public Task SwallowNext()
        {
            var swallowed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _swallowed, swallowed);
            return swallowed.Task;
        }

        public async Task CopyAsync(CancellationToken cancellationToken)
        {
            try
            {
                var buffer = new byte[64 << 10];
                while (await server.ReadAsync(buffer, cancellationToken) is > 0 and var count)
                {
                    if (Volatile.Read(ref _swallowed) is { } swallowed)
                    {
                        swallowed.TrySetResult();
                        continue;
                    }

                    await registry.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
            }
        }
    }
}
