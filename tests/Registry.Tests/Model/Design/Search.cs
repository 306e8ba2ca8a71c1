namespace Registry.Tests.Model.Design;

/// <summary>Every state that can be reached, breadth first, so that the way to what is wrong is the shortest.</summary>
internal sealed class Search(Flaw flaw, bool anyTime)
{
    private readonly Pushers _pushers = new(flaw, anyTime);
    private readonly Workers _workers = new(flaw, anyTime);

    public int States { get; private set; }

    /// <summary>What is wrong and the steps that lead there; null when nothing is wrong anywhere.</summary>
    public string? FindViolation(State start)
    {
        var from = new Dictionary<State, (State Before, string Step)> { [start] = default };
        var next = new Queue<State>([start]);
        while (next.TryDequeue(out var state))
        {
            States++;
            if (Wrong(state) is { } wrong)
            {
                return $"{wrong}: {Way(from, start, state)}";
            }

            foreach (var (step, after) in Steps(state))
            {
                if (from.TryAdd(after, (state, step)))
                {
                    next.Enqueue(after);
                }
            }
        }

        return null;
    }

    private IEnumerable<(string, State)> Steps(State s) =>
    [
        .. _pushers.Next(s, 1).Select(step => ($"1: {step.Item1}", step.Item2)),
        .. _pushers.Next(s, 2).Select(step => ($"2: {step.Item1}", step.Item2)),
        .. Workers.Delete(s),
        .. _workers.Collect(s, 8).Select(step => ($"A: {step.Item1}", step.Item2)),
        .. s.Second.At == Step.Over ? [] : _workers.Collect(s, 16).Select(step => ($"B: {step.Item1}", step.Item2)),
        .. _workers.Pass(s),
    ];

    private static string? Wrong(State s)
    {
        if (s.Manifests != 0 && s.Blob == 0)
        {
            return "a manifest names a blob that has no row";
        }

        if (s.Blob != 0 && ((s.Disk & s.Blob) == 0 || (s.Live & s.Blob) == 0))
        {
            return "a blob has no bytes";
        }

        if ((s.Links != 0 && s.Blob == 0) || ((s.Visible & 3) != 0 && (s.Links & 1) == 0) || ((s.Visible & 4) != 0 && (s.Links & 2) == 0))
        {
            return "a manifest that was answered 201 cannot be pulled";
        }

        return s.Broken ? "a push that was told that its blob is there is refused"
            : s.Refused ? "only a foreign key has saved the blob"
            : IsAtRest(s) && (s.Disk != s.Blob || s.Live != s.Blob) ? "bytes are left that nothing will remove"
            : IsAtRest(s) && s.Blob != 0 && s.Manifests == 0 ? "a blob is left that nothing will remove"
            : null;
    }

    private static bool IsAtRest(State s) =>
        s.One.At >= Step.Over && s.Two.At >= Step.Over && s.First.At == Step.Begin && s.Second.At is Step.Begin or Step.Over
        && s.ManifestTask == State.None && s.BlobTask == State.None && s.Leases == 0 && s.Writing == 0 && s.RemoveOnce == 0 && s.RemoveTwice == 0;

    private static string Way(Dictionary<State, (State Before, string Step)> from, State start, State state)
    {
        var steps = new Stack<string>();
        while (state != start)
        {
            (state, var step) = from[state];
            steps.Push(step);
        }

        return string.Join(" > ", steps);
    }
}
