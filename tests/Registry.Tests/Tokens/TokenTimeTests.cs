using Registry.Auth.Tokens;
using Registry.Auth.Tokens.Trusted;

namespace Registry.Tests.Tokens;

/// <summary>What a good token says, and when it is worth something.</summary>
public sealed class TokenTimeTests(TokenBench bench) : IClassFixture<TokenBench>
{
    private readonly Clock _clock = new();

    [Fact]
    public async Task A_token_says_what_it_was_issued_with()
    {
        var issued = bench.Issue();

        var check = await bench.CheckAsync(issued.Text);

        Assert.Equivalent(issued.Claims, check.Claims, strict: true);
        Assert.Equal(("anna", 7L, 12L, TimeSpan.FromMinutes(5)),
            (check.Claims!.Subject, check.Claims.CredentialId, check.Claims.Access[0].Id, check.Claims.ExpiresAt - check.Claims.IssuedAt));
        Assert.Same(check.Claims, (await bench.CheckAsync(issued.Text)).Claims);
        Assert.DoesNotContain(issued.Text, issued.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_anonymous_token_names_nobody()
    {
        var check = await bench.CheckAsync(bench.Issuer.Issue("", null, [], []).Text);

        Assert.Equal((TokenStatus.Valid, "", null), (check.Status, check.Claims!.Subject, check.Claims.CredentialId));
        Assert.Empty(check.Claims.Access);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_that_has_expired_is_told_from_one_that_was_never_good(bool remembered)
    {
        var verifier = Verifier();
        var issued = bench.Issue();
        if (remembered)
        {
            Assert.Equal(TokenStatus.Valid, (await verifier.VerifyAsync(issued.Text.AsMemory())).Status);
        }

        _clock.Pass(TimeSpan.FromSeconds(355));
        Assert.Equal(TokenStatus.Valid, (await verifier.VerifyAsync(issued.Text.AsMemory())).Status);

        _clock.Pass(TimeSpan.FromSeconds(10));
        var check = await verifier.VerifyAsync(issued.Text.AsMemory());
        Assert.Equal(TokenStatus.Expired, check.Status);
        Assert.Equal(issued.Claims.ExpiresAt, check.Claims!.ExpiresAt);
        Assert.Equal(TokenStatus.Invalid, (await verifier.VerifyAsync((issued.Text[..^4] + "AAAA").AsMemory())).Status);
    }

    [Fact]
    public async Task A_clock_that_is_a_minute_behind_does_not_matter()
    {
        var issued = bench.Issue();

        _clock.Pass(TimeSpan.FromSeconds(-55));
        Assert.Equal(TokenStatus.Valid, (await Verifier().VerifyAsync(issued.Text.AsMemory())).Status);

        _clock.Pass(TimeSpan.FromSeconds(-10));
        Assert.Equal(TokenStatus.Invalid, (await Verifier().VerifyAsync(issued.Text.AsMemory())).Status);
    }

    [Fact]
    public async Task A_repeated_check_allocates_nothing()
    {
        var token = bench.Issue().Text.AsMemory();
        await bench.Verifier.VerifyAsync(token);
        await bench.Verifier.VerifyAsync(token);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            if ((await bench.Verifier.VerifyAsync(token)).Status != TokenStatus.Valid)
            {
                Assert.Fail("the token is worth nothing");
            }
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public void What_is_remembered_has_a_limit()
    {
        var memory = new VerifiedTokens(room: 100_000);
        var claims = bench.Issue().Claims;
        var key = bench.Keys.Current.Verification;
        var first = TokenHash.Of("first");
        memory.Add(first, claims, key, 300);
        for (var i = 0; i < 10_000; i++)
        {
            memory.Add(TokenHash.Of($"{i}"), claims, key, 300);

            // Asked for now and then, so it stays.
            if (i % 10 == 0)
            {
                Assert.NotNull(memory.Find(first));
            }
        }

        Assert.Null(memory.Find(TokenHash.Of("0")));
        Assert.NotNull(memory.Find(TokenHash.Of("9999")));
        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => memory.Find(TokenHash.Of($"{i}")) is not null), 1, 100_000 / 512);
    }

    private TokenVerifier Verifier() => new(bench.Keys, new TrustedIssuers(bench.Options, _clock), bench.Options, _clock);
}
