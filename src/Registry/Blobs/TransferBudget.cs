namespace Registry.Blobs;

/// <summary>
/// The memory that downloads which are copied may use for large steps, together. A fast client is served with a third of the CPU in steps of
/// 1 MiB; a thousand clients that do not read must not hold one each.
/// </summary>
internal sealed class TransferBudget
{
    /// <summary>The step every download may use.</summary>
    public const int SmallStep = 64 << 10;

    /// <summary>The step while the budget lasts.</summary>
    public const int LargeStep = 1 << 20;

    private const int Budget = 64 << 20;
    private int used;

    /// <summary>Takes room for a large step; give it back with <see cref="Return"/>.</summary>
    public bool TryTake()
    {
        if (Interlocked.Add(ref used, LargeStep) <= Budget)
        {
            return true;
        }

        Return();
        return false;
    }

    public void Return() => Interlocked.Add(ref used, -LargeStep);
}
