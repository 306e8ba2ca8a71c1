namespace Registry.Telemetry;

/// <summary>
/// The access log's way to standard output: requests append their line to a bounded buffer, one thread writes what has
/// gathered. When the reader of the output does not keep up, lines are dropped and counted; requests never wait.
/// </summary>
internal sealed class AccessLog : IDisposable
{
    private const int Capacity = 4 << 20;
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(50);

    private readonly Lock gate = new();
    private readonly Stream output;
    private readonly Thread writer;
    private readonly ManualResetEventSlim pressed = new(false, spinCount: 0);
    private byte[] gathering = new byte[Capacity];
    private byte[] writing = new byte[Capacity];
    private int gathered;
    private long dropped;
    private volatile bool stopping;

    public AccessLog()
        : this(Console.OpenStandardOutput())
    {
    }

    internal AccessLog(Stream output)
    {
        this.output = output;
        writer = new Thread(Run) { Name = "Access log", IsBackground = true };
        writer.Start();
    }

    /// <summary>Lines that were dropped because the output did not keep up.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>Takes a line over, line feed included.</summary>
    public void Append(ReadOnlySpan<byte> line)
    {
        bool half;
        lock (gate)
        {
            if (gathered + line.Length > Capacity)
            {
                dropped++;
                return;
            }

            line.CopyTo(gathering.AsSpan(gathered));
            gathered += line.Length;
            half = gathered > Capacity / 2;
        }

        if (half)
        {
            pressed.Set();
        }
    }

    public void Dispose()
    {
        stopping = true;
        pressed.Set();
        writer.Join();
        output.Dispose();
        pressed.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            var last = stopping;
            if (!last)
            {
                pressed.Wait(Delay);
                pressed.Reset();
            }

            int count;
            lock (gate)
            {
                (gathering, writing) = (writing, gathering);
                count = gathered;
                gathered = 0;
            }

            if (count > 0)
            {
                Write(count);
            }

            if (last)
            {
                return;
            }
        }
    }

    private void Write(int count)
    {
        try
        {
            output.Write(writing, 0, count);
            output.Flush();
        }
        catch (IOException)
        {
            // Nobody reads the output any more: that must not stop a registry.
        }
    }
}
