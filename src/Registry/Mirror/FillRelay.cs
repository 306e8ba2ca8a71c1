using System.Buffers;
using System.Net.Http.Headers;
using Registry.Replicas;
using Registry.Storage;
using Registry.Storage.Mirror;
using Registry.Storage.Objects;
using Registry.Storage.Replicas;

namespace Registry.Mirror;

/// <summary>
/// Brings the bytes of a blob that another replica is fetching to this one, once for all who ask here. What comes is believed no more
/// than an upstream's bytes: its end is withheld until the database says that the blob is stored.
/// </summary>
internal sealed class FillRelay(ReplicaStore replicas, Replica self, InternalTokens tokens, GrowingObjects growing, StorageOptions options) : IDisposable
{
    private const int Step = 128 << 10;

    // Between replicas; whoever is dead is noticed, and taken over from, by the database.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Patience })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Follows the replica that fetches the blob until it has no more to tell.</summary>
    public async Task RunAsync(Fill fill, FillRow row, CancellationToken stop)
    {
        if (row is not { Owner: { } owner, Object: { } id, Size: { } size } || owner == self.Id
            || (await replicas.ListAsync(stop)).FirstOrDefault(replica => replica.Id == owner)?.InternalAddress is not { } address)
        {
            return;
        }

        try
        {
            await RunAsync(fill, id, size, address, stop);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // It has died, or has just ended: the rows tell which.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private async Task RunAsync(Fill fill, ObjectId id, long size, string address, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{address.TrimEnd('/')}/internal/objects/{id}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.Issue(id));
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        using var spool = response.IsSuccessStatusCode ? Spool.TryBegin(options.SpoolDirectory, id, 0, size, growing) : null;
        if (spool is null)
        {
            return;
        }

        var key = id.ToString();
        fill.Begin(size, () => growing.Follow(key));
        await using var body = await response.Content.ReadAsStreamAsync(stop);
        var buffer = new byte[Step];
        for (var position = 0L; await body.ReadAsync(buffer, stop) is var count and > 0; position += count)
        {
            spool.Append(position, new ReadOnlySequence<byte>(buffer, 0, count));
        }

        spool.Complete();
    }
}
