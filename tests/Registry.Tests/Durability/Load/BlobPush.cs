using Registry.Tests.Wire;

namespace Registry.Tests.Durability.Load;

/// <summary>Brings blobs to a repository, each in one of the ways that there are.</summary>
internal sealed class BlobPush(RepositoryWire repository, string sibling)
{
    /// <summary>The last answer: 200 for a blob that was there already, 201 for one that is there now, or what refused it.</summary>
    public async Task<Answer> SendAsync(byte[] content, Way way)
    {
        var digest = RepositoryWire.DigestOf(content);
        return way switch
        {
            Way.Known => await repository.HeadAsync($"blobs/{digest}") is { Status: not 404 } known ? known : await SendAsync(content, Way.Put),
            Way.Post => await repository.PostAsync($"?digest={digest}", Wire.Http.Sized(content)),
            Way.Put => await CloseAsync(await repository.PostAsync(), digest, content),
            Way.Chunks => await ChunksAsync(await repository.PostAsync(), digest, content),
            Way.Mount => await CloseAsync(await repository.PostAsync($"?mount={digest}&from={sibling}"), digest, content),
            _ => throw new ArgumentOutOfRangeException(nameof(way)),
        };
    }

    private async Task<Answer> CloseAsync(Answer opened, string digest, ReadOnlyMemory<byte> content) =>
        opened.Status == 202 ? await repository.CloseAsync(opened.Location, digest, content) : opened;

    private async Task<Answer> ChunksAsync(Answer opened, string digest, ReadOnlyMemory<byte> content)
    {
        var half = content.Length / 2;
        if (opened.Status != 202 || half == 0)
        {
            return await CloseAsync(opened, digest, content);
        }

        return await CloseAsync(await repository.ChunkAsync(opened.Location, content[..half], 0), digest, content[half..]);
    }
}
