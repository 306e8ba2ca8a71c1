using System.Net;
using Registry.Auth.Passwords;

namespace Registry.Tests.Passwords;

/// <summary>Signing in with a password: what is verified, remembered, limited and refused.</summary>
public sealed class PasswordVerifierTests : IDisposable
{
    private const string Password = "tram-Ferry-basalt";
    private const string Cheap = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    private const string CheapPassword = "U*U";

    private static readonly string Hash = PasswordHash.Create(Password);
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress There = IPAddress.Parse("198.51.100.7");

    private readonly ManualTime time = new();
    private readonly PasswordThreads threads = new(1);
    private readonly ManualResetEventSlim open = new();
    private readonly PasswordVerifier verifier;
    private readonly StoredPassword alice = new(1, 1, Hash);

    public PasswordVerifierTests() => verifier = new(time, threads);

    public void Dispose()
    {
        open.Set();
        verifier.Dispose();
    }

    [Fact]
    public async Task The_right_password_is_valid_and_another_is_not()
    {
        Assert.Equal(PasswordOutcome.Valid, (await VerifyAsync(alice, Password)).Outcome);
        Assert.Equal(PasswordAnswer.Invalid, await VerifyAsync(alice, Password + "x"));
        Assert.Equal(PasswordAnswer.Invalid, await VerifyAsync(alice, ""));
    }

    [Fact]
    public async Task S32_Who_does_not_exist_is_verified_limited_and_answered_as_everyone()
    {
        for (var i = 0; i < AttemptLimit.Most; i++)
        {
            Assert.Equal(PasswordAnswer.Invalid, await VerifyAsync(null, $"{i}", "nobody"));
        }

        Assert.Equal(PasswordAnswer.TooMany(TimeSpan.FromMinutes(1)), await VerifyAsync(null, "x", "nobody", There));
    }

    [Fact]
    public async Task An_imported_hash_is_replaced_by_one_of_the_same_password()
    {
        var answer = await VerifyAsync(new(1, 1, Cheap), CheapPassword);

        Assert.Equal(PasswordOutcome.Valid, answer.Outcome);
        Assert.Equal(PasswordMatch.Right, PasswordHash.Verify(answer.Replacement, CheapPassword));
    }

    [Fact]
    public async Task A_success_is_known_for_a_minute_without_a_verification()
    {
        await VerifyAsync(alice, Password);
        Block();

        Assert.Equal(PasswordOutcome.Valid, (await VerifyAsync(alice, Password)).Outcome);
        Assert.Equal(PasswordOutcome.Valid, (await VerifyAsync(alice, Password, address: There)).Outcome);
        time.Advance(RememberedPasswords.Lifetime - TimeSpan.FromTicks(1));
        Assert.Equal(PasswordOutcome.Valid, (await VerifyAsync(alice, Password)).Outcome);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(PasswordOutcome.TooMany, (await VerifyAsync(alice, Password)).Outcome);
    }

    [Fact]
    public async Task Nothing_else_is_known_by_it()
    {
        await VerifyAsync(alice, Password);
        Block();

        Assert.Equal(PasswordOutcome.TooMany, (await VerifyAsync(alice with { Epoch = 2 }, Password)).Outcome);
        Assert.Equal(PasswordOutcome.TooMany, (await VerifyAsync(alice with { SubjectId = 2 }, Password)).Outcome);
        Assert.Equal(PasswordOutcome.TooMany, (await VerifyAsync(alice with { Hash = PasswordHash.Create(Password) }, Password)).Outcome);
        Assert.Equal(PasswordOutcome.TooMany, (await VerifyAsync(alice, Password + "x")).Outcome);
        Assert.Equal(PasswordOutcome.TooMany, (await VerifyAsync(null, Password)).Outcome);
    }

    [Fact]
    public void A_flood_of_successes_takes_no_more_memory_than_is_set_aside()
    {
        var remembered = new RememberedPasswords(time);
        for (ulong i = 1; i <= RememberedPasswords.Most + 100; i++)
        {
            remembered.Add(new(0, i));
        }

        Assert.Equal(RememberedPasswords.Most, remembered.Count);
        Assert.False(remembered.Contains(new(0, 100)));
        Assert.True(remembered.Contains(new(0, 101)));
    }

    [Fact]
    public async Task S33_After_ten_failures_of_an_account_nothing_is_verified_for_a_minute()
    {
        for (var i = 0; i < AttemptLimit.Most; i++)
        {
            Assert.Equal(PasswordAnswer.Invalid, await VerifyAsync(alice, $"{i}", address: IPAddress.Parse($"192.0.2.{i}")));
        }

        Assert.Equal(PasswordAnswer.TooMany(TimeSpan.FromMinutes(1)), await VerifyAsync(alice, Password, address: There));
        Assert.Equal(PasswordAnswer.TooMany(TimeSpan.FromMinutes(1)), await VerifyAsync(alice, Password, "ALICE", There));
        Assert.Equal(PasswordOutcome.Valid, (await VerifyAsync(alice, Password, "bob", There)).Outcome);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(PasswordOutcome.Valid, (await VerifyAsync(alice, Password)).Outcome);
    }

    [Fact]
    public async Task S33_After_ten_failures_of_an_address_nothing_is_verified_for_a_minute()
    {
        for (var i = 0; i < AttemptLimit.Most; i++)
        {
            Assert.Equal(PasswordAnswer.Invalid, await VerifyAsync(null, "x", $"user{i}", Here));
        }

        Assert.Equal(PasswordAnswer.TooMany(TimeSpan.FromMinutes(1)), await VerifyAsync(alice, Password, address: Here));
        Assert.Equal(PasswordOutcome.Valid, (await VerifyAsync(alice, Password, address: There)).Outcome);
    }

    [Fact]
    public async Task S33_A_remembered_success_is_not_limited()
    {
        await VerifyAsync(alice, Password);
        for (var i = 0; i < AttemptLimit.Most; i++)
        {
            await VerifyAsync(alice, $"{i}");
        }

        Assert.Equal(PasswordOutcome.TooMany, (await VerifyAsync(alice, "x")).Outcome);
        Assert.Equal(PasswordOutcome.Valid, (await VerifyAsync(alice, Password)).Outcome);
    }

    [Fact]
    public async Task S33_Many_guesses_at_once_are_not_more_than_ten_either()
    {
        var guesses = Enumerable.Range(0, 3).SelectMany(round => Enumerable.Range(0, 10).Select(i => VerifyAsync(alice, $"{round} {i}"))).ToArray();
        var answers = await Task.WhenAll(guesses);

        Assert.Equal(AttemptLimit.Most, answers.Count(answer => answer == PasswordAnswer.Invalid));
        Assert.Equal(20, answers.Count(answer => answer.Outcome is PasswordOutcome.TooMany));
    }

    [Fact]
    public async Task Successes_do_not_count()
    {
        for (var epoch = 1; epoch <= AttemptLimit.Most + 2; epoch++)
        {
            Assert.Equal(PasswordOutcome.Valid, (await VerifyAsync(alice with { Epoch = epoch }, Password)).Outcome);
        }
    }

    [Fact]
    public async Task Beyond_the_queue_the_answer_is_to_come_again_and_comes_at_once()
    {
        Block();

        var answer = VerifyAsync(alice, Password);
        Assert.True(answer.IsCompletedSuccessfully);
        Assert.Equal(PasswordOutcome.TooMany, (await answer).Outcome);
        Assert.InRange((await answer).RetryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        Assert.Null(await verifier.HashAsync(Password, CancellationToken.None));
        open.Set();
        await Eventually.TrueAsync(async () => (await VerifyAsync(alice, Password)).Outcome == PasswordOutcome.Valid, "the queue is worked off");
    }

    [Fact]
    public async Task Waiting_for_a_verification_takes_no_thread()
    {
        Block(leave: 1);

        var answer = VerifyAsync(alice, Password);
        Assert.False(answer.IsCompleted);
        open.Set();
        Assert.Equal(PasswordOutcome.Valid, (await answer).Outcome);
    }

    [Fact]
    public async Task Those_who_send_the_same_at_once_share_a_verification()
    {
        Block(leave: 1);

        var answers = Enumerable.Range(1, 100).Select(i => VerifyAsync(alice, Password, address: IPAddress.Parse($"192.0.2.{i}"))).ToArray();
        open.Set();
        Assert.All(await Task.WhenAll(answers), answer => Assert.Equal(PasswordOutcome.Valid, answer.Outcome));
    }

    [Fact]
    public async Task Who_shared_with_an_address_that_has_to_wait_does_not_wait()
    {
        for (var i = 1; i < AttemptLimit.Most; i++)
        {
            await VerifyAsync(null, "x", $"user{i}", Here);
        }

        Block(leave: 2);
        var tenth = VerifyAsync(null, "x", "nobody", Here);
        var refused = VerifyAsync(alice, Password, address: Here);
        var shared = VerifyAsync(alice, Password, address: There);
        open.Set();

        Assert.Equal(PasswordAnswer.Invalid, await tenth);
        Assert.Equal(PasswordOutcome.TooMany, (await refused).Outcome);
        Assert.Equal(PasswordOutcome.Valid, (await shared).Outcome);
    }

    [Fact]
    public async Task Who_goes_away_does_not_escape_the_count()
    {
        Block(leave: 1);
        using var gone = new CancellationTokenSource();
        var guess = verifier.VerifyAsync(alice, "x", "alice", Here, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => guess);
        open.Set();
        await Eventually.TrueAsync(async () => await verifier.HashAsync(Password, CancellationToken.None) is not null, "the queue is worked off");

        var invalid = 0;
        while ((await VerifyAsync(alice, $"{invalid}")).Outcome is PasswordOutcome.Invalid)
        {
            invalid++;
        }

        Assert.Equal(AttemptLimit.Most - 1, invalid);
    }

    [Fact]
    public async Task A_new_password_is_hashed_there_too() =>
        Assert.Equal(PasswordMatch.Right, PasswordHash.Verify(await verifier.HashAsync(Password, CancellationToken.None), Password));

    private Task<PasswordAnswer> VerifyAsync(StoredPassword? stored, string password, string account = "alice", IPAddress? address = null) =>
        verifier.VerifyAsync(stored, password, account, address ?? Here, CancellationToken.None).WaitAsync(Eventually.Guard);

    // Holds the thread and fills the queue but for so many places, until the gate opens.
    private void Block(int leave = 0)
    {
        using var begun = new ManualResetEventSlim();
        threads.TryRun(() =>
        {
            begun.Set();
            return open.Wait(Eventually.Guard);
        });
        begun.Wait(Eventually.Guard);
        for (var i = leave; i < PasswordThreads.QueueLength; i++)
        {
            Assert.NotNull(threads.TryRun(() => open.Wait(Eventually.Guard)));
        }
    }
}
