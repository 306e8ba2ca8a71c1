namespace Registry.Tests.Tokens;

/// <summary>The real time, and what the test has added to it.</summary>
public sealed class Clock : TimeProvider
{
    private TimeSpan _ahead;

    public void Pass(TimeSpan time) => _ahead += time;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _ahead;

    public override long GetTimestamp() => System.GetTimestamp() + (long)(_ahead.TotalSeconds * System.TimestampFrequency);
}
