using System.Text;
using Registry.Telemetry;

namespace Registry.Tests.Telemetry;

public sealed class AccessLogTests
{
    [Fact]
    public async Task An_output_that_does_not_keep_up_costs_lines_and_they_are_counted()
    {
        using var output = new StuckOutput();
        var line = Encoding.ASCII.GetBytes(new string('x', 999) + "\n");
        var log = new AccessLog(output);
        log.Append(line);
        await output.Stuck.Task.WaitAsync(Eventually.Guard);

        for (var i = 0; i < 5000; i++)
        {
            log.Append(line);
        }

        Assert.True(log.Dropped is > 0 and < 5000, $"{log.Dropped} dropped");
        output.Go.Set();
        log.Dispose();
        Assert.Equal((5001 - log.Dropped) * line.Length, output.Written);
    }

    private sealed class StuckOutput : Stream
    {
        public TaskCompletionSource Stuck { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim Go { get; } = new();

        public long Written { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count)
        {
            Stuck.TrySetResult();
            Go.Wait();
            Written += count;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            Go.Set();
            base.Dispose(disposing);
        }
    }
}
