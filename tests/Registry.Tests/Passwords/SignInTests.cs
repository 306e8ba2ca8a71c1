using System.Net;
using Registry.Auth.Passwords;

namespace Registry.Tests.Passwords;

/// <summary>Passwords at the door: guessing is limited, hashing never closes it, and nothing is learnt from the answers.</summary>
public sealed class SignInTests
{
    [Theory, Engines]
    public async Task S33_After_ten_wrong_passwords_a_minute_even_the_right_one_has_to_wait(Engine engine)
    {
        await using var registry = await SignInRegistry.StartAsync(engine, "alice", "bob");
        for (var i = 0; i < AttemptLimit.Most; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await registry.StatusAsync("alice", $"wrong {i}", "127.0.2.1"));
        }

        // By account from anywhere, and by address for everyone.
        foreach (var (user, from) in new[] { ("alice", "127.0.2.2"), ("Alice", "127.0.2.3"), ("bob", "127.0.2.1"), ("nobody", "127.0.2.1") })
        {
            using var response = await registry.SignInAsync(user, SignInRegistry.Password, from);
            await OciAssert.ErrorAsync(response, HttpStatusCode.TooManyRequests, "TOOMANYREQUESTS");
            Assert.InRange(int.Parse(OciAssert.Header(response, "Retry-After"), System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        }

        Assert.Equal(HttpStatusCode.OK, await registry.StatusAsync("bob", SignInRegistry.Password, "127.0.2.2"));
    }

    [Theory, Engines]
    public async Task S33_Guessing_shuts_out_neither_tokens_nor_who_was_signed_in(Engine engine)
    {
        await using var registry = await SignInRegistry.StartAsync(engine, "alice");
        var token = await registry.AddTokenAsync("alice");
        Assert.Equal(HttpStatusCode.OK, await registry.StatusAsync("alice", SignInRegistry.Password));
        for (var i = 0; i < AttemptLimit.Most; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await registry.StatusAsync("alice", $"wrong {i}"));
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, await registry.StatusAsync("alice", "wrong"));
        Assert.Equal(HttpStatusCode.OK, await registry.StatusAsync("alice", SignInRegistry.Password));
        Assert.Equal(HttpStatusCode.OK, await registry.StatusAsync("alice", token));
    }

    [Theory, Engines]
    public async Task S33_All_doors_count_together(Engine engine)
    {
        await using var registry = await SignInRegistry.StartAsync(engine, "alice");
        for (var i = 0; i < AttemptLimit.Most; i++)
        {
            using var response = (i % 3) switch
            {
                0 => await registry.SignInAsync("alice", $"wrong {i}"),
                1 => await registry.PostAsync("alice", $"wrong {i}"),
                _ => await registry.SendAsync("/v2/", "alice", $"wrong {i}"),
            };
            await OciAssert.StatusAsync(response, HttpStatusCode.Unauthorized);
        }

        using var token = await registry.SignInAsync("alice", SignInRegistry.Password);
        using var form = await registry.PostAsync("alice", SignInRegistry.Password);
        using var ping = await registry.SendAsync("/v2/", "alice", SignInRegistry.Password);
        Assert.All([token, form, ping], response => Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode));
    }

    [Theory, Engines]
    public async Task S32_The_answer_does_not_tell_whether_there_is_such_a_user(Engine engine)
    {
        await using var registry = await SignInRegistry.StartAsync(engine, "alice");
        using var known = await registry.SignInAsync("alice", "wrong");
        using var unknown = await registry.SignInAsync("nobody", "wrong");

        Assert.Equal(HttpStatusCode.Unauthorized, known.StatusCode);
        Assert.Equal(await TextAsync(known), await TextAsync(unknown));
    }

    [Theory, Engines]
    public async Task While_passwords_are_hashed_the_door_is_open_and_who_comes_too_soon_is_told_when(Engine engine)
    {
        await using var registry = await SignInRegistry.StartAsync(engine, "alice", "bob");
        var token = await registry.AddTokenAsync("alice");
        Assert.Equal(HttpStatusCode.OK, await registry.StatusAsync("alice", SignInRegistry.Password));
        using var stop = new CancellationTokenSource();
        var others = KeepBusyAsync(registry.Verifier, stop.Token);

        var attempt = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                // Another name each time: who gets through is remembered or counted, and then nothing is hashed for the name.
                attempt++;
                using var refused = await registry.SignInAsync($"nobody-{attempt}", "wrong", $"127.0.3.{attempt % 250 + 1}");
                return refused.StatusCode is HttpStatusCode.TooManyRequests
                    && OciAssert.Header(refused, "Retry-After") is "2";
            },
            "a sign-in is refused while the queue is full");
        Assert.Equal(HttpStatusCode.OK, await registry.StatusAsync("alice", SignInRegistry.Password));
        Assert.Equal(HttpStatusCode.OK, await registry.StatusAsync("alice", token));
        await stop.CancelAsync();
        await others;
        await Eventually.TrueAsync(async () => await registry.StatusAsync("bob", SignInRegistry.Password) is HttpStatusCode.OK, "bob can sign in");
    }

    [Theory, Engines]
    public async Task An_imported_user_signs_in_and_has_a_hash_of_our_own_from_then_on(Engine engine)
    {
        await using var registry = await SignInRegistry.StartAsync(engine);
        await registry.AddAsync("carol", "$2y$05$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.");

        Assert.Equal(HttpStatusCode.Unauthorized, await registry.StatusAsync("carol", "wrong"));
        Assert.StartsWith("$2y$", await registry.HashOfAsync("carol"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await registry.StatusAsync("carol", "\u00e9t\u00e9"));
        Assert.Equal(PasswordMatch.Right, PasswordHash.Verify(await registry.HashOfAsync("carol"), "\u00e9t\u00e9"));
        Assert.Equal(HttpStatusCode.OK, await registry.StatusAsync("carol", "\u00e9t\u00e9"));
    }

    [Theory, Engines]
    public async Task S26_A_remembered_password_ends_with_the_password_and_with_the_user(Engine engine)
    {
        await using var registry = await SignInRegistry.StartAsync(engine, "alice", "bob");
        Assert.Equal(HttpStatusCode.OK, await registry.StatusAsync("alice", SignInRegistry.Password));
        Assert.Equal(HttpStatusCode.OK, await registry.StatusAsync("bob", SignInRegistry.Password));

        await registry.SetHashAsync("alice", PasswordHash.Create("another-Ferry-basalt"));
        await registry.DisableAsync("bob");
        Assert.Equal(HttpStatusCode.Unauthorized, await registry.StatusAsync("alice", SignInRegistry.Password));
        Assert.Equal(HttpStatusCode.OK, await registry.StatusAsync("alice", "another-Ferry-basalt"));
        Assert.Equal(HttpStatusCode.Unauthorized, await registry.StatusAsync("bob", SignInRegistry.Password));
    }

    // Each place that becomes free is taken at once.
    private static async Task KeepBusyAsync(PasswordVerifier verifier, CancellationToken stop)
    {
        var hashes = new List<Task>();
        while (!stop.IsCancellationRequested)
        {
            var hash = verifier.HashAsync("x", CancellationToken.None);
            hashes.Add(hash);
            if (hash.IsCompleted)
            {
                hashes.RemoveAll(task => task.IsCompleted);
                await Task.Delay(1, CancellationToken.None);
            }
        }

        await Task.WhenAll(hashes);
    }

    private static async Task<string> TextAsync(HttpResponseMessage response) => string.Join(
        '\n',
        response.Headers.Concat(response.Content.Headers)
            .Where(header => header.Key is not ("Date" or "X-Request-ID" or "X-Request-Id"))
            .Select(header => $"{header.Key}: {string.Join(',', header.Value)}")
            .Append(await response.Content.ReadAsStringAsync()));
}
