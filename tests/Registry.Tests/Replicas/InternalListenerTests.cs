using System.IO.Pipelines;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Win32.SafeHandles;
using Registry.Auth.Tokens;
using Registry.Auth.Tokens.Keys;
using Registry.Replicas;
using Registry.Storage.Objects;
using Registry.Storage.Replicas;
using Registry.Tests.Tokens;
using Registry.Tests.Wire;

namespace Registry.Tests.Replicas;

/// <summary>The listener for other replicas: one thing is served there, to nobody else, and nowhere else.</summary>
[Trait("Needs", "postgres")]
public sealed class InternalListenerTests
{
    [Fact]
    public async Task An_object_that_grows_is_followed_from_an_offset_to_its_end()
    {
        await using var pair = await Pair.StartAsync();
        using var directory = new TemporaryDirectory();
        var content = Oci.RandomBytes(1_000_000);
        var id = ObjectId.NewInOneFolder(1)[0];
        using var file = File.OpenHandle(directory.File("object"), FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.Write(file, content.AsSpan(0, 1000), 0);
        using var growing = pair.Growing.Begin(id, 0, 1000, () => Read(directory));

        using var response = await pair.FollowAsync(id, 400);
        await OciAssert.StatusAsync(response, HttpStatusCode.OK);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var received = new byte[content.Length - 400];
        await stream.ReadExactlyAsync(received.AsMemory(0, 600)); // before there is more
        for (var length = 1000; length < content.Length; length += 111_000)
        {
            var part = content.AsMemory(length, Math.Min(111_000, content.Length - length));
            RandomAccess.Write(file, part.Span, length);
            growing.Grow(length + part.Length);
            await stream.ReadExactlyAsync(received.AsMemory(length - 400, part.Length));
        }

        growing.Complete();
        growing.Dispose();

        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        Assert.True(content.AsSpan(400).SequenceEqual(received));
        using var late = await pair.FollowAsync(id, 0);
        await OciAssert.StatusAsync(late, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_upload_to_disk_is_followed_while_it_is_written()
    {
        await using var pair = await Pair.StartAsync();
        var repository = new RepositoryWire(pair.First.Client, "team/app");
        var content = Oci.RandomBytes(600_000);
        var location = await repository.StartAsync();
        var body = new Pipe();
        var closing = pair.First.Client.SendAsync(
            "PUT", RepositoryWire.With(location, $"digest={Oci.Digest(content)}"), new StreamContent(body.Reader.AsStream()));
        await body.Writer.WriteAsync(content.AsMemory(0, 300_000));
        var sql = Sql.Of(Engine.Postgres, pair.First);
        var id = default(ObjectId);
        await Eventually.TrueAsync(
            async () =>
            {
                var rows = await sql.RowsAsync("select object_id from upload where object_id is not null");
                id = rows.Count > 0 ? ObjectId.FromKey((byte[])rows[0][0]) : default;
                return rows.Count > 0 && pair.Growing.Follow(id.ToString()) is { } reader && Gone(reader);
            },
            "it is being written");

        using var response = await pair.FollowAsync(id, 0);
        await OciAssert.StatusAsync(response, HttpStatusCode.OK);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var received = new byte[content.Length];
        await stream.ReadExactlyAsync(received.AsMemory(0, 128 << 10)); // the least that is written at once
        await body.Writer.WriteAsync(content.AsMemory(300_000));
        await body.Writer.CompleteAsync();
        await stream.ReadExactlyAsync(received.AsMemory(128 << 10));

        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        Assert.True(content.AsSpan().SequenceEqual(received));
        (await closing).Is(201);

        static bool Gone(GrowingObjectReader reader)
        {
            reader.Dispose();
            return true;
        }
    }

    [Fact]
    public async Task A_writer_that_goes_before_the_end_breaks_the_stream_off()
    {
        await using var pair = await Pair.StartAsync();
        using var directory = new TemporaryDirectory();
        await File.WriteAllBytesAsync(directory.File("object"), Oci.RandomBytes(1000));
        var id = ObjectId.NewInOneFolder(1)[0];
        var growing = pair.Growing.Begin(id, 0, 1000, () => Read(directory));
        using var response = await pair.FollowAsync(id, 0);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte[1000]);

        growing.Dispose();

        await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task Offsets_that_are_none_or_beyond_the_object_are_refused()
    {
        await using var pair = await Pair.StartAsync();
        using var directory = new TemporaryDirectory();
        await File.WriteAllBytesAsync(directory.File("object"), Oci.RandomBytes(10));
        var id = ObjectId.NewInOneFolder(1)[0];
        using var growing = pair.Growing.Begin(id, 0, 10, () => Read(directory));

        foreach (var (from, status) in new[] { ("11", 416), ("-1", 400), ("x", 400), ("99999999999999999999", 400), ("", 400) })
        {
            var answer = await pair.Http.SendAsync("GET", $"/internal/objects/{id}?from={from}", ("Authorization", $"Bearer {pair.Tokens.Issue(id)}"));
            answer.Is(status);
        }
    }

    [Fact]
    public async Task Only_a_token_of_a_replica_for_this_object_and_this_minute_opens_it()
    {
        await using var pair = await Pair.StartAsync();
        using var directory = new TemporaryDirectory();
        await File.WriteAllBytesAsync(directory.File("object"), Oci.RandomBytes(10));
        var ids = ObjectId.NewInOneFolder(2);
        using var growing = pair.Growing.Begin(ids[0], 0, 10, () => Read(directory));
        var clock = new Clock();
        clock.Pass(TimeSpan.FromMinutes(-3));
        var services = pair.Second.Services;
        var old = new InternalTokens(
            services.GetRequiredService<Replica>(), services.GetRequiredService<SigningKeys>(), services.GetRequiredService<TokenOptions>(), clock);
        var clients = services.GetRequiredService<TokenIssuer>().Issue("anna", null, [new("object", ids[0].ToString(), ["follow"])], []).Text;

        foreach (var header in new[] { null, "Bearer", "Bearer x", "Basic YTpi", $"Bearer {pair.Tokens.Issue(ids[1])}", $"Bearer {old.Issue(ids[0])}", $"Bearer {clients}" })
        {
            var answer = await pair.Http.SendAsync("GET", $"/internal/objects/{ids[0]}", header is null ? [] : [("Authorization", header)]);
            answer.Is(401).Has("WWW-Authenticate", "Bearer");
        }

        using var allowed = await pair.FollowAsync(ids[0], 0);
        await OciAssert.StatusAsync(allowed, HttpStatusCode.OK);
    }

    [Fact]
    public async Task Nothing_else_is_served_there_and_it_is_not_served_elsewhere()
    {
        await using var pair = await Pair.StartAsync();
        using var directory = new TemporaryDirectory();
        await File.WriteAllBytesAsync(directory.File("object"), Oci.RandomBytes(10));
        var id = ObjectId.NewInOneFolder(1)[0];
        using var growing = pair.Growing.Begin(id, 0, 10, () => Read(directory));
        var token = ("Authorization", $"Bearer {pair.Tokens.Issue(id)}");
        using var accounts = await Accounts.CreateAsync(pair.First); // from here on somebody has to sign in

        foreach (var path in new[] { "/v2/", "/healthz", "/readyz", "/metrics", "/token", "/api/v1/whoami", "/internal", "/internal/objects", "/internal/objects/../../healthz", "/INTERNAL/objects/x" })
        {
            (await pair.Http.SendAsync("GET", path)).Is(404);
        }

        (await pair.Http.SendAsync("POST", $"/internal/objects/{id}", token)).Is(404);
        (await pair.First.Client.SendAsync("GET", $"/internal/objects/{id}", token)).Is(404);
        (await pair.First.Client.SendAsync("GET", "/v2/", token)).Is(401);
    }

    private static SafeFileHandle Read(TemporaryDirectory directory) =>
        File.OpenHandle(directory.File("object"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
