namespace Registry.Tests.History;

/// <summary>
/// Decides whether the operations on one register are linearizable: each can be thought to happen at one moment between its
/// invocation and its return so that every answer is explained by those before it (Wing and Gong; just-in-time as by Lowe).
/// </summary>
/// <remarks>
/// The history is walked in the order of time with all states that it may have led to: the value, and which of the operations
/// under way have happened. One is only made to happen when it returns. Reads happen as early as they can: that rules out
/// nothing. Of two states that differ in uncertain operations, the one in which fewer have happened can do all the other can.
/// </remarks>
internal sealed class LinearOrder
{
    private const int MaxUnderWay = 128;

    private readonly List<(UInt128 Bit, Operation Operation)> _underWay = [];
    private UInt128 _taken;
    private UInt128 _uncertain;
    private List<State> _states = [new State(null, 0)];

    private LinearOrder()
    {
    }

    /// <summary>Null when there is an order, else why there is none.</summary>
    /// <remarks>
    /// Uncertain operations are what makes it slow, and few have to have happened: they are let in, the latest first, when
    /// there is no order without them. One that was invoked after the operation that cannot be explained does not explain it.
    /// </remarks>
    public static string? Refute(IEnumerable<Operation> history)
    {
        var operations = history.ToList();
        var left = operations.Where(operation => operation.IsUncertain).OrderBy(operation => operation.Invoked).ToList();
        for (var step = 2; ; step *= 2)
        {
            var failed = Walk(operations.Except(left), out var why);
            var more = failed is null ? [] : left.Where(operation => operation.Invoked <= failed.Returned).TakeLast(step).ToHashSet();
            if (more.Count == 0)
            {
                return failed is null ? null : why + Around(operations, failed);
            }

            left.RemoveAll(more.Contains);
        }
    }

    /// <summary>The first operation that nothing explains, or null.</summary>
    private static Operation? Walk(IEnumerable<Operation> operations, out string why)
    {
        var order = new LinearOrder();
        var bits = new Dictionary<Operation, UInt128>();
        why = "";
        foreach (var (_, isReturn, operation) in Events([.. operations]))
        {
            if (!isReturn)
            {
                bits[operation] = order.Invoke(operation);
            }
            else if (!order.Return(bits[operation]))
            {
                why = $"No order explains\n{operation}\nThe value before may have been {order.Values}.\n";
                return operation;
            }
        }

        return null;
    }

    private string Values => string.Join(" or ", _states.Select(state => Step.Short(state.Value)).Distinct());

    // At equal times invocations come first: operations that touch count as overlapping.
    private static IEnumerable<(long Time, bool IsReturn, Operation Operation)> Events(List<Operation> operations) => operations
        .Select(operation => (Time: operation.Invoked, IsReturn: false, Operation: operation))
        .Concat(operations.Where(operation => !operation.IsUncertain).Select(operation => (Time: operation.Returned, IsReturn: true, Operation: operation)))
        .OrderBy(e => e.Time).ThenBy(e => e.IsReturn);

    private UInt128 Invoke(Operation operation)
    {
        Assert.True(_underWay.Count < MaxUnderWay, $"More than {MaxUnderWay} operations are under way at once.");
        var bit = UInt128.One << (int)UInt128.TrailingZeroCount(~_taken);
        _taken |= bit;
        _uncertain = operation.IsUncertain ? _uncertain | bit : _uncertain & ~bit;
        _underWay.Add((bit, operation));
        _states = _states.ConvertAll(Read);
        return bit;
    }

    private bool Return(UInt128 bit)
    {
        var reached = Reach(bit);
        if (reached.Count == 0)
        {
            return false;
        }

        _states = reached.ConvertAll(state => state with { Happened = state.Happened & ~bit });
        _underWay.RemoveAll(other => other.Bit == bit);
        _taken &= ~bit;
        return true;
    }

    /// <summary>All states in which the operation has just happened, or had before.</summary>
    private List<State> Reach(UInt128 bit)
    {
        var reached = new List<State>();
        var seen = new Frontier();
        var open = new Queue<State>(_states.Where(state => seen.Add(state, _uncertain)));
        while (open.TryDequeue(out var state))
        {
            if ((state.Happened & bit) != 0)
            {
                reached.Add(state);
                continue;
            }

            foreach (var (next, operation) in _underWay)
            {
                if (!operation.Step.IsRead && (state.Happened & next) == 0 && operation.Step.Allows(state.Value)
                    && Read(new State(operation.Step.After(state.Value), state.Happened | next)) is var after && seen.Add(after, _uncertain))
                {
                    open.Enqueue(after);
                }
            }
        }

        return reached;
    }

    /// <summary>Lets all reads happen that see the value of the state.</summary>
    private State Read(State state)
    {
        foreach (var (bit, operation) in _underWay)
        {
            if (operation.Step.IsRead && operation.Step.Allows(state.Value))
            {
                state = state with { Happened = state.Happened | bit };
            }
        }

        return state;
    }

    private static string Around(List<Operation> operations, Operation failed) => "What came before:\n" + string.Join(
        '\n', operations.Where(operation => operation.Invoked <= failed.Returned).OrderBy(operation => operation.Invoked).TakeLast(40));

    private readonly record struct State(string? Value, UInt128 Happened);

    /// <summary>The states that were looked at, without those for which there is a better one.</summary>
    private sealed class Frontier
    {
        private readonly Dictionary<State, List<UInt128>> _used = [];

        public bool Add(State state, UInt128 uncertain)
        {
            var key = state with { Happened = state.Happened & ~uncertain };
            var used = state.Happened & uncertain;
            if (!_used.TryGetValue(key, out var sets))
            {
                _used[key] = sets = [];
            }

            if (sets.Any(fewer => (fewer & ~used) == 0))
            {
                return false;
            }

            sets.RemoveAll(more => (used & ~more) == 0);
            sets.Add(used);
            return true;
        }
    }
}
