namespace Registry.Tests.Wire;

/// <summary>A point at which one session stops, until it is released.</summary>
internal sealed class Hold(string statement)
{
    /// <summary>The end of a transaction, in contrast to one that begins as READ COMMITTED.</summary>
    public const string Commit = "COMMIT\0";

    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A part of the statement before which the session stops.</summary>
    public string Statement => statement;

    /// <summary>Waits until a session has come here.</summary>
    public async Task ReachedAsync()
    {
        if (await Task.WhenAny(_reached.Task, Task.Delay(Eventually.Guard)) != _reached.Task)
        {
            Assert.Fail($"No session has come to: {statement}");
        }
    }

    /// <summary>Lets the session go on.</summary>
    public void Release() => _released.TrySetResult();

    internal Task StopAsync(CancellationToken cancellationToken)
    {
        _reached.TrySetResult();
        return _released.Task.WaitAsync(cancellationToken);
    }
}
