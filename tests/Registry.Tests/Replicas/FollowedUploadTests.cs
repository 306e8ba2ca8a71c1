using System.IO.Pipelines;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Registry.Storage.Metadata;
using Registry.Storage.Objects;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;
using Registry.Storage.Uploads;
using Registry.Tests.Durability;
using Registry.Tests.Wire;

namespace Registry.Tests.Replicas;

/// <summary>An upload that others follow is followed from any replica, wherever its bytes go.</summary>
[Trait("Needs", "postgres")]
public sealed class FollowedUploadTests
{
    private const int MiB = 1 << 20;

    // With this at once the writer appends what it has read.
    private const int Piece = 256 << 10;

    private static readonly RepositoryName Name = RepositoryName.TryParse("library/app", out var name) ? name : default;

    [Theory]
    [InlineData(Engine.Postgres)]
    [InlineData(Engine.PostgresS3)]
    public async Task A_followed_upload_is_read_from_another_replica_while_it_grows(Engine engine)
    {
        await using var pair = await Pair.StartAsync(engine);
        var content = Oci.RandomBytes(11 * MiB);
        await using var upload = await FollowedUpload.BeginAsync(pair.First);
        await upload.SendAsync(content.AsMemory(0, Piece));

        using var response = await pair.FollowAsync(upload.Id, 1000);
        await OciAssert.StatusAsync(response, HttpStatusCode.OK);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var received = new byte[content.Length];
        await stream.ReadExactlyAsync(received.AsMemory(1000, Piece - 1000)); // before there is more
        for (var at = Piece; at < content.Length; at += Piece)
        {
            await upload.SendAsync(content.AsMemory(at, Piece));
            await stream.ReadExactlyAsync(received.AsMemory(at, Piece));
        }

        await upload.CloseAsync(content);

        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        Assert.True(content.AsSpan(1000).SequenceEqual(received.AsSpan(1000)));
        (await pair.First.Client.SendAsync("GET", $"/v2/{Name.Value}/blobs/{Oci.Digest(content)}")).Is(200);
        using var late = await pair.FollowAsync(upload.Id, 0);
        await OciAssert.StatusAsync(late, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_upload_to_S3_that_was_taken_over_is_followed_from_where_it_goes_on()
    {
        await using var pair = await Pair.StartAsync(Engine.PostgresS3);
        var content = Oci.RandomBytes(7 * MiB);
        await using var upload = await FollowedUpload.BeginAsync(pair.First);
        await upload.SendAsync(content.AsMemory(0, 6 * MiB));
        await upload.PauseAsync();

        await upload.GoOnAsync();
        await upload.SendAsync(content.AsMemory(6 * MiB));

        foreach (var from in new[] { 0, (6 * MiB) - 1, (7 * MiB) + 1 })
        {
            using var elsewhere = await pair.FollowAsync(upload.Id, from);
            await OciAssert.StatusAsync(elsewhere, HttpStatusCode.RequestedRangeNotSatisfiable);
        }

        using var response = await pair.FollowAsync(upload.Id, 6 * MiB);
        await OciAssert.StatusAsync(response, HttpStatusCode.OK);
        await upload.CloseAsync(content);
        Assert.Equal(content[(6 * MiB)..], await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task An_upload_to_S3_that_nobody_wants_to_follow_takes_no_room_on_the_disk()
    {
        await using var volume = await SmallVolume.MountAsync("size=128m");
        await using var pair = await Pair.StartAsync(Engine.PostgresS3, ("DataDirectory", volume.Path));
        await using var upload = await FollowedUpload.BeginAsync(pair.First, isFollowed: false);
        await upload.SendAsync(Oci.RandomBytes(Piece));

        using var response = await pair.FollowAsync(upload.Id, 0);
        await OciAssert.StatusAsync(response, HttpStatusCode.NotFound);
        Assert.False(Directory.Exists(Path.Combine(volume.Path, "spool")));
    }

    [Fact]
    public async Task A_kill_leaves_nothing_of_a_followed_upload_on_the_disk()
    {
        await using var volume = await SmallVolume.MountAsync("size=128m");
        await using var pair = await Pair.StartAsync(Engine.PostgresS3, ("DataDirectory", volume.Path));
        var disk = new DriveInfo(volume.Path);
        var free = disk.AvailableFreeSpace;
        await using (var upload = await FollowedUpload.BeginAsync(pair.First))
        {
            await upload.SendAsync(Oci.RandomBytes(8 * MiB));
            using var response = await pair.FollowAsync(upload.Id, 0);
            await (await response.Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[8 * MiB]);

            // What has no name goes with the process.
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(volume.Path, "spool")));
            Assert.True(disk.AvailableFreeSpace <= free - (8 * MiB), "it is on this disk");
        }

        await Eventually.TrueAsync(() => Task.FromResult(disk.AvailableFreeSpace > free - MiB), "its writer and its reader have gone");
    }

    [Fact]
    public async Task D8_A_disk_that_becomes_full_ends_the_following_and_not_the_upload()
    {
        await using var volume = await SmallVolume.MountAsync("size=96m");
        await using var pair = await Pair.StartAsync(Engine.PostgresS3, ("DataDirectory", volume.Path));
        var content = Oci.RandomBytes(40 * MiB);
        await using var upload = await FollowedUpload.BeginAsync(pair.First);
        await upload.SendAsync(content.AsMemory(0, MiB));
        using var response = await pair.FollowAsync(upload.Id, 0);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte[MiB]);

        await upload.SendAsync(content.AsMemory(MiB));

        await Assert.ThrowsAnyAsync<IOException>(() => stream.CopyToAsync(Stream.Null));
        using var again = await pair.FollowAsync(upload.Id, 0);
        await OciAssert.StatusAsync(again, HttpStatusCode.NotFound);
        await upload.CloseAsync(content);
        Assert.Equal(content, (await pair.First.Client.SendAsync("GET", $"/v2/{Name.Value}/blobs/{Oci.Digest(content)}")).Is(200).Body);
    }

    [Fact]
    public async Task D8_A_disk_without_room_at_the_start_costs_the_following_and_not_the_upload()
    {
        await using var volume = await SmallVolume.MountAsync("size=16m");
        await using var pair = await Pair.StartAsync(Engine.PostgresS3, ("DataDirectory", volume.Path));
        var content = Oci.RandomBytes(MiB);
        await using var upload = await FollowedUpload.BeginAsync(pair.First);
        await upload.SendAsync(content);

        using var response = await pair.FollowAsync(upload.Id, 0);
        await OciAssert.StatusAsync(response, HttpStatusCode.NotFound);
        await upload.CloseAsync(content);
    }

    /// <summary>An upload as the registry itself makes it, in pieces that come when the test says so.</summary>
    private sealed class FollowedUpload(UploadStore uploads, Guid session, bool isFollowed) : IAsyncDisposable
    {
        private UploadWriter? _writer;
        private Pipe _body = new();
        private Task _receiving = Task.CompletedTask;
        private long _sent;

        public ObjectId Id { get; private set; }

        public static async Task<FollowedUpload> BeginAsync(RegistryApp app, bool isFollowed = true)
        {
            var uploads = app.Services.GetRequiredService<UploadStore>();
            var session = await uploads.StartAsync(Anybody.Instance, Name, DigestAlgorithm.Sha256, CancellationToken.None);
            var upload = new FollowedUpload(uploads, session, isFollowed);
            await upload.GoOnAsync();
            return upload;
        }

        /// <summary>The next request of the same upload begins.</summary>
        public async Task GoOnAsync()
        {
            _writer = await uploads.ClaimAsync(Anybody.Instance, Name, session, CancellationToken.None);
            _writer!.IsFollowed = isFollowed;
            Id = _writer.Object;
            _body = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            _receiving = _writer.ReceiveAsync(_body.Reader, null, DigestAlgorithm.Sha256, long.MaxValue, CancellationToken.None);
        }

        /// <summary>The writer has taken it when this returns.</summary>
        public async Task SendAsync(ReadOnlyMemory<byte> piece)
        {
            await _body.Writer.WriteAsync(piece);
            _sent += piece.Length;
            await Eventually.TrueAsync(() => Task.FromResult(_writer!.Position == _sent), "it is written");
        }

        public async Task PauseAsync()
        {
            await EndAsync();
            await _writer!.PauseAsync();
            await DisposeAsync();
        }

        public async Task CloseAsync(byte[] content)
        {
            await EndAsync();
            await _writer!.CloseAsync(Digest.Of(DigestAlgorithm.Sha256, content));
            await DisposeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await EndAsync();
            if (Interlocked.Exchange(ref _writer, null) is { } writer)
            {
                await writer.DisposeAsync();
            }
        }

        private async Task EndAsync()
        {
            await _body.Writer.CompleteAsync();
            await _receiving;
        }
    }

    /// <summary>Who may do everything.</summary>
    private sealed class Anybody : Asker
    {
        public static readonly Anybody Instance = new();

        public override long Credential => 0;

        public override long Subject => 0;

        public override bool MayOverwrite => true;

        public override IReadOnlyList<NameRange> Readable => [NameRange.All];

        public override VisibleNames Visible => VisibleNames.All;

        public override bool ExpectsToPull(RepositoryName name) => true;

        public override ValueTask AuthorizeAsync(Session session, RepositoryName name, RepositoryFacts facts) => ValueTask.CompletedTask;

        public override ValueTask<bool> AuthorizeListAsync(Session session, long? standing) => new(true);

        public override ValueTask<bool> MayPullAsync(Session session, RepositoryName name, RepositoryFacts facts) => new(true);
    }
}
