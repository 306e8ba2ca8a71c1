using Registry.Tests.Wire;

namespace Registry.Tests.Durability.Load;

/// <summary>The ways in which clients bring a blob to a repository.</summary>
internal sealed class BlobPush(RepositoryWire repository, string sibling, Random random)
{
    /// <summary>The last answer: 200 for a blob that was there already, 201 for one that is there now, or what refused it.</summary>
    public async Task<Answer> SendAsync(byte[] content)
    {
        var digest = RepositoryWire.DigestOf(content);
        if (random.Next(2) == 0 && await repository.HeadAsync($"blobs/{digest}") is { Status: not 404 } known)
        {
            return known;
        }

        return random.Next(4) switch
        {
            0 => await repository.PostAsync($"?digest={digest}", Wire.Http.Sized(content)),
            1 => await CloseAsync(await repository.PostAsync(), digest, content),
            2 => await ChunksAsync(await repository.PostAsync(), digest, content),
            _ => await CloseAsync(await repository.PostAsync($"?mount={digest}&from={sibling}"), digest, content),
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
