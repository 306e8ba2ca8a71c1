using Xunit.Abstractions;

namespace Registry.Tests.Model.Design;

/// <summary>
/// The design of collection, taken apart into single statements and put together in every possible order: two pushers, one of
/// which may mount, a client that deletes, and one or two workers, each of which may end at any point. Nothing acknowledged is
/// lost, nothing is left behind, and no foreign key ever has to step in. The same search finds what is wrong with every
/// weaker order. Who changes the order of statements in the product changes it here as well.
/// </summary>
public sealed class CollectionDesignTests(ITestOutputHelper output)
{
    /// <summary>One blob that one manifest names, both long there.</summary>
    private static readonly State Start = new() { Blob = 1, Links = 1, Manifests = 1, Live = 1, Disk = 1 };

    private static readonly Actor Absent = new() { At = Step.Over };

    public static TheoryData<Flaw> Flaws => [.. Enum.GetValues<Flaw>().Where(flaw => flaw != Flaw.None)];

    [Theory, InlineData(false), InlineData(true)]
    public void Two_pushers_and_a_worker_lose_nothing_and_leave_nothing(bool anyTime) => Holds(anyTime, Start with { Second = Absent });

    [Theory, InlineData(false), InlineData(true)]
    public void A_pusher_and_two_workers_lose_nothing_and_leave_nothing(bool anyTime) => Holds(anyTime, Start with { One = Absent });

    [Theory, MemberData(nameof(Flaws))]
    public void A_weaker_order_is_found_out(Flaw flaw)
    {
        var starts = new[] { Start with { One = Absent }, Start with { Second = Absent } };
        var found = starts.SelectMany(start => new[] { false, true }.Select(anyTime => new Search(flaw, anyTime).FindViolation(start)))
            .FirstOrDefault(violation => violation is not null);

        Assert.NotNull(found);
        output.WriteLine(found);
    }

    private void Holds(bool anyTime, State start)
    {
        var search = new Search(Flaw.None, anyTime);

        Assert.Null(search.FindViolation(start));
        output.WriteLine($"{search.States} states");
    }
}
