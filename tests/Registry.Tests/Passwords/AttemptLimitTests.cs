using System.Net;
using Registry.Auth.Passwords;

namespace Registry.Tests.Passwords;

/// <summary>How failures are counted, and that counting them cannot fill the memory.</summary>
public sealed class AttemptLimitTests
{
    private readonly ManualTime time = new();
    private readonly FingerprintKey key = new();
    private readonly AttemptLimit limit;

    public AttemptLimitTests() => limit = new(time);

    [Fact]
    public void S33_In_no_minute_are_there_more_than_ten()
    {
        var taken = new List<TimeSpan>();
        for (var now = TimeSpan.Zero; now < TimeSpan.FromMinutes(10); now += TimeSpan.FromSeconds(1))
        {
            while (limit.Take(key.Of("alice")) == TimeSpan.Zero)
            {
                taken.Add(now);
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(100, taken.Count);
        Assert.All(taken, at => Assert.InRange(taken.Count(other => other >= at && other < at + TimeSpan.FromMinutes(1)), 1, 10));
    }

    [Fact]
    public void What_one_has_to_wait_is_what_it_takes()
    {
        for (var i = 0; i < AttemptLimit.Most; i++)
        {
            limit.Take(key.Of("alice"));
            time.Advance(TimeSpan.FromSeconds(2));
        }

        var wait = limit.Wait(key.Of("alice"));
        Assert.Equal(TimeSpan.FromSeconds(40), wait);
        time.Advance(wait - TimeSpan.FromTicks(1));
        Assert.NotEqual(TimeSpan.Zero, limit.Take(key.Of("alice")));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(TimeSpan.Zero, limit.Take(key.Of("alice")));
        Assert.NotEqual(TimeSpan.Zero, limit.Take(key.Of("alice")));
    }

    [Fact]
    public void Who_has_to_wait_for_one_key_is_not_counted_for_the_other()
    {
        for (var i = 0; i < AttemptLimit.Most; i++)
        {
            limit.Take(key.Of("alice"));
        }

        for (var i = 0; i < 100; i++)
        {
            Assert.NotEqual(TimeSpan.Zero, limit.Take(key.Of("alice"), key.Of(IPAddress.Loopback)));
        }

        Assert.Equal(TimeSpan.Zero, limit.Take(key.Of("bob"), key.Of(IPAddress.Loopback)));
    }

    [Fact]
    public void What_is_taken_back_does_not_count()
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(TimeSpan.Zero, limit.Take(key.Of("alice")));
            limit.Return(key.Of("alice"));
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(TimeSpan.Zero, limit.Wait(key.Of("alice")));
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.2", false)]
    public void S33_An_IPv6_address_counts_as_its_network_of_64_bits(string one, string other, bool same) =>
        Assert.Equal(same, key.Of(IPAddress.Parse(one)) == key.Of(IPAddress.Parse(other)));

    [Fact]
    public void S33_A_flood_of_names_takes_no_more_memory_than_is_set_aside_and_the_oldest_are_forgotten()
    {
        for (var i = 0; i < 100_000; i++)
        {
            limit.Take(key.Of($"user{i}"));
        }

        Assert.InRange(limit.Count, 60_000, 66_000);
        time.Advance(AttemptLimit.Period);
        limit.Take(key.Of("alice"));
        Assert.Equal(1, limit.Count);
    }
}
