namespace Registry.Tests.History;

/// <summary>
/// A step with the times between which it took place, by one clock. One whose answer never came, or told nothing, may take
/// place at any time after it was invoked, or never.
/// </summary>
internal sealed class Operation(int client, long invoked, long returned, Step step)
{
    public const long Never = long.MaxValue;

    public long Invoked => invoked;

    public long Returned => returned;

    public Step Step => step;

    public bool IsUncertain => Returned == Never;

    public override string ToString() => $"{Invoked,15} … {(IsUncertain ? "no answer" : $"{Returned}"),15}  client {client,2} {Step}";
}
