namespace Registry.Tests.History;

/// <summary>The checker refuses what no order explains, accepts the rest, and agrees with trying all orders.</summary>
public sealed class LinearOrderTests
{
    [Fact]
    public void A_stale_read_is_refused() => Refused(
        At(0, 1, Step.Put("a")),
        At(2, 3, Step.Put("b")),
        At(4, 5, Step.Saw("a")));

    [Fact]
    public void A_read_that_goes_back_behind_another_read_is_refused() => Refused(
        At(0, 1, Step.Put("a")),
        At(2, 9, Step.Put("b")),
        At(3, 4, Step.Saw("b")),
        At(5, 6, Step.Saw("a")));

    [Fact]
    public void A_read_of_what_nobody_wrote_is_refused() => Refused(
        At(0, 1, Step.Put("a")),
        At(2, 3, Step.Saw("b")));

    [Fact]
    public void A_lost_update_is_refused() => Refused(
        At(0, 1, Step.Put("a")),
        At(2, 6, Step.Replaced("a", "b")),
        At(3, 7, Step.Replaced("a", "c")));

    [Fact]
    public void Two_winners_of_a_creation_are_refused() => Refused(
        At(0, 4, Step.Created("a")),
        At(1, 5, Step.Created("b")));

    [Fact]
    public void A_refusal_of_a_condition_that_held_all_the_time_is_refused() => Refused(
        At(0, 1, Step.Put("a")),
        At(2, 3, Step.WasNot("a")));

    [Fact]
    public void Two_deletions_of_one_creation_are_refused() => Refused(
        At(0, 1, Step.Created("a")),
        At(2, 5, Step.Deleted()),
        At(3, 6, Step.Deleted()));

    [Fact]
    public void A_listing_without_what_is_there_is_refused() => Refused(
        At(0, 1, Step.Put("a")),
        At(2, 3, Step.Exists(false)));

    [Fact]
    public void A_deleted_manifest_that_a_tag_still_answers_is_refused() => Refused(
        At(0, 1, Step.Put("a")),
        At(2, 3, Step.Cleared("a")),
        At(4, 5, Step.Saw("a")));

    [Fact]
    public void An_acknowledged_write_that_is_lost_is_refused_also_beside_uncertain_ones() => Refused(
        At(0, 1, Step.Put("a")),
        At(2, Operation.Never, Step.Put("b")),
        At(3, 4, Step.Saw(null)));

    [Fact]
    public void An_uncertain_write_that_comes_and_goes_is_refused() => Refused(
        At(0, 1, Step.Put("a")),
        At(2, Operation.Never, Step.Put("b")),
        At(3, 4, Step.Saw("b")),
        At(5, 6, Step.Saw("a")));

    [Fact]
    public void An_uncertain_write_before_it_was_invoked_is_refused() => Refused(
        At(0, 1, Step.Put("a")),
        At(2, 3, Step.Saw("b")),
        At(4, Operation.Never, Step.Put("b")));

    [Fact]
    public void Reads_beside_a_write_may_see_either_value() => Accepted(
        At(0, 1, Step.Put("a")),
        At(2, 9, Step.Put("b")),
        At(3, 4, Step.Saw("a")),
        At(3, 6, Step.Saw("b")),
        At(7, 8, Step.Saw("b")));

    [Fact]
    public void Writes_at_once_may_come_in_either_order() => Accepted(
        At(0, 5, Step.Put("a")),
        At(0, 5, Step.Put("b")),
        At(6, 7, Step.Saw("a")));

    [Fact]
    public void An_uncertain_write_may_happen_late_or_never() => Accepted(
        At(0, Operation.Never, Step.Put("a")),
        At(0, Operation.Never, Step.Put("b")),
        At(1, 2, Step.Put("c")),
        At(3, 4, Step.Saw("c")),
        At(5, 6, Step.Saw("a")));

    [Fact]
    public void An_uncertain_write_may_have_made_way_for_a_certain_one() => Accepted(
        At(0, 1, Step.Put("a")),
        At(2, Operation.Never, Step.Deleted()),
        At(3, 4, Step.Created("b")));

    [Fact]
    public void The_checker_agrees_with_trying_all_orders()
    {
        var random = new Random(1);
        var refuted = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var history = RandomHistory(random);
            var refutation = LinearOrder.Refute(history);
            Assert.True(HasOrder(null, [.. history]) == (refutation is null), $"{refutation}\n{string.Join('\n', history)}");
            refuted += refutation is null ? 0 : 1;
        }

        Assert.InRange(refuted, 2_000, 18_000);
    }

    [Fact]
    public void A_long_history_of_one_true_register_is_accepted_and_one_wrong_answer_in_it_is_not()
    {
        var random = new Random(2);
        var history = TrueHistory(random, clients: 16, count: 4_000);
        Assert.Null(LinearOrder.Refute(history));

        var at = history.FindIndex(2_000, operation => operation.Step.IsRead);
        history[at] = At(history[at].Invoked, history[at].Returned, Step.Saw("never written"));
        Assert.NotNull(LinearOrder.Refute(history));
    }

    private static Operation At(long invoked, long returned, Step step) => new(0, invoked, returned, step);

    private static void Refused(params Operation[] history) => Assert.NotNull(LinearOrder.Refute(history));

    private static void Accepted(params Operation[] history) => Assert.Null(LinearOrder.Refute(history));

    private static List<Operation> RandomHistory(Random random)
    {
        string[] values = ["a", "b"];
        var history = new List<Operation>();
        for (var i = random.Next(1, 7); i > 0; i--)
        {
            var (value, other) = (values[random.Next(2)], values[random.Next(2)]);
            Step[] steps =
            [
                Step.Put(value), Step.Put(value), Step.Saw(value), Step.Saw(value), Step.Saw(null), Step.Exists(random.Next(2) == 0), Step.Replaced(value, other),
                Step.WasNot(value), Step.ReplacedAny(value), Step.Created(value), Step.Deleted(), Step.Cleared(value),
            ];
            var step = steps[random.Next(steps.Length)];
            var invoked = random.Next(8);
            history.Add(At(invoked, !step.IsRead && random.Next(6) == 0 ? Operation.Never : invoked + random.Next(1, 6), step));
        }

        return history;
    }

    /// <summary>Tries every order: the next may be each that was invoked before all others that are left have returned.</summary>
    private static bool HasOrder(string? value, List<Operation> left) =>
        left.All(operation => operation.IsUncertain) || left.Any(next =>
            left.All(other => next.Invoked <= other.Returned) && next.Step.Allows(value)
            && HasOrder(next.Step.After(value), [.. left.Where(other => other != next)]));

    /// <summary>Clients that take turns at random; each operation happens somewhere between its invocation and its return.</summary>
    private static List<Operation> TrueHistory(Random random, int clients, int count)
    {
        var (history, value, time) = (new List<Operation>(), default(string), 0L);
        var invoked = new long[clients];
        var happened = new Step?[clients];
        while (history.Count < count)
        {
            var client = random.Next(clients);
            time++;
            if (invoked[client] == 0)
            {
                invoked[client] = time;
            }
            else if (happened[client] is { } step)
            {
                history.Add(new Operation(client, invoked[client], random.Next(1000) == 0 && !step.IsRead ? Operation.Never : time, step));
                (invoked[client], happened[client]) = (0, null);
            }
            else
            {
                happened[client] = random.Next(4) switch
                {
                    0 => Step.Put($"v{time}"),
                    1 when value is not null => Step.Replaced(value, $"v{time}"),
                    2 when value is not null && random.Next(4) == 0 => Step.Deleted(),
                    _ => Step.Saw(value),
                };
                value = happened[client]!.After(value);
            }
        }

        // What has happened but not returned when the history ends.
        var last = Enumerable.Range(0, clients).Where(client => happened[client] is { IsRead: false });
        return [.. history, .. last.Select(client => new Operation(client, invoked[client], Operation.Never, happened[client]!))];
    }
}
