using System.Net;
using Registry.CommandLine;
using Registry.Tests.Wire;

namespace Registry.Tests.Replicas;

/// <summary>D21: the clock of one replica is ten minutes off, and nobody notices: the database's is the one that counts.</summary>
[Trait("Needs", "postgres")]
[Trait("Needs", "clients")]
public sealed class ClockTests
{
    private static readonly string Library = Directory.GetDirectories("/usr/lib", "*-linux-gnu")
        .Select(directory => Path.Combine(directory, "faketime", "libfaketimeMT.so.1")).First(File.Exists);

    [Theory, InlineData("+10m"), InlineData("-10m")]
    public async Task D21_Tokens_leases_and_sessions_are_of_the_same_time_on_a_replica_whose_clock_is_wrong(string offset)
    {
        await using var replicas = await ReplicaSet.StartAsync(1, ("Access:AllowHttp", "true"), ("Collection:Interval", "0:00:00.1"));
        var right = replicas.Replicas[0];
        await using var wrong = await replicas.CreateAsync(("Tokens:Lifetime", "0:01:00"));
        await StartAsync(wrong, offset);
        await AssertOffAsync(wrong, offset);
        using var accounts = await Accounts.CreateAsync(right);
        var user = await accounts.UserAsync("anna", "writer", "team/*");

        // A token of either is good for both, at once and for its time.
        foreach (var (from, to) in new[] { (right, wrong), (wrong, right), (wrong, wrong) })
        {
            using var http = new HttpClient { BaseAddress = from.Address };
            http.DefaultRequestHeaders.Authorization = user.Basic;
            var answer = (await http.SendAsync("GET", "/token?service=registry&scope=repository:team/app:pull,push")).Is(200).Json();
            var issued = DateTimeOffset.Parse(answer["issued_at"]!.GetValue<string>());
            Assert.InRange(issued, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
            using var other = new HttpClient { BaseAddress = to.Address };
            other.DefaultRequestHeaders.Authorization = new("Bearer", answer["token"]!.GetValue<string>());
            await new RepositoryClient(other, "team/app").PushImageAsync("latest");

            // Nothing is taken early, though both collect all the time.
            var repository = new RepositoryWire(other, "team/app");
            var location = await repository.StartAsync();
            var digest = await repository.PushBlobAsync(Oci.RandomBytes(1000));
            await Task.WhenAll(CollectedAsync(replicas, right), CollectedAsync(replicas, wrong));
            (await repository.StatusAsync(location)).Is(204);
            (await repository.HeadAsync($"blobs/{digest}")).Is(200);
        }

        var sql = Sql.Of(Engine.Postgres, right);
        Assert.Equal(2, await sql.NumberAsync("select count(*) from replica"));
        Assert.Equal(0, await sql.NumberAsync("select count(*) from audit where abs(at - now_ms()) > 60000"));
    }

    /// <summary>The replica that is behind finds that the first one's key of data protection is not valid yet, and makes one of its own.</summary>
    [Fact]
    [Trait("Needs", "time")]
    public async Task D21_A_key_that_is_made_on_a_replica_whose_clock_is_behind_is_known_to_all()
    {
        await using var replicas = await ReplicaSet.StartAsync(1);
        var right = replicas.Replicas[0];
        await using var wrong = await replicas.CreateAsync();
        await StartAsync(wrong, "-10m");
        Assert.Equal(2, await Sql.Of(Engine.Postgres, right).NumberAsync("select count(*) from data_protection_key"));

        // In its first minute data protection looks for keys that it does not know; after that once a day.
        await Task.Delay(TimeSpan.FromSeconds(62));
        using var local = LocalSocket.CreateClient(wrong.DataDirectory);
        var kid = (await local.SendAsync("POST", "/api/v1/keys/rotate")).Is(200).Json()["kid"]!.GetValue<string>();

        await Eventually.TrueAsync(async () => (await KeySetAsync(right)).Contains(kid, StringComparison.Ordinal), () => $"{kid} is published\n{right.Errors}");
    }

    private static Task StartAsync(RegistryProcess replica, string offset) => replica.StartAgainAsync(
        ("LD_PRELOAD", Library), ("FAKETIME", offset), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("DONT_FAKE_MONOTONIC", "1"));

    private static async Task<string> KeySetAsync(RegistryProcess replica)
    {
        var discovery = (await replica.Client.SendAsync("GET", "/.well-known/openid-configuration")).Is(200).Json();
        return (await replica.Client.SendAsync("GET", new Uri(discovery["jwks_uri"]!.GetValue<string>()).AbsolutePath)).Is(200).Text;
    }

    // The server's Date is of the machine's own clock.
    private static async Task AssertOffAsync(RegistryProcess wrong, string offset)
    {
        using var response = await wrong.Client.GetAsync(new Uri("healthz", UriKind.Relative));
        await OciAssert.StatusAsync(response, HttpStatusCode.OK);
        var shown = response.Headers.Date!.Value - DateTimeOffset.UtcNow;
        Assert.InRange(shown.TotalMinutes * (offset[0] == '+' ? 1 : -1), 9, 11);
    }

    // Takes the work from whoever has it: the replica is the next to do it, and does.
    private static async Task CollectedAsync(ReplicaSet replicas, RegistryProcess replica)
    {
        var sql = Sql.Of(Engine.Postgres, replicas.Replicas[0]);
        var passed = $"garbage of {replica.Id}-{Guid.NewGuid():n}";
        await sql.ExecuteAsync($"insert into object (id, state, created_at, delete_not_before) values (decode(md5('{passed}'), 'hex'), 2, 0, 0)");
        await Eventually.TrueAsync(async () => await sql.NumberAsync($"select count(*) from object where id = decode(md5('{passed}'), 'hex')") == 0, "collection has run");
    }
}
