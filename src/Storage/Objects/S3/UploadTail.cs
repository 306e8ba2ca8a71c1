using System.Data;
using Registry.Storage.Metadata;

namespace Registry.Storage.Objects.S3;

/// <summary>The rows of an upload whose bytes are too few for a part.</summary>
internal sealed class UploadTail(Database database, Guid upload)
{
    private readonly byte[] id = upload.ToByteArray();

    /// <summary>Puts the bytes from a position on before those of a part's buffer.</summary>
    /// <exception cref="IOException">The rows do not have as many bytes as they should.</exception>
    public async Task ReadAsync(PartBuffer part, long from, long length)
    {
        var before = part.Length;
        await part.PrependAsync(RowsAsync(from, from + length));
        if (part.Length - before is var count && count != length)
        {
            throw new IOException($"the rows after byte {from} of an upload have {count} bytes, {length} were stored");
        }
    }

    /// <summary>Adds what a part's buffer has, ending at <paramref name="end"/>.</summary>
    public async Task AddAsync(Session session, PartBuffer rest, long end)
    {
        var position = end - rest.Length;
        foreach (var piece in rest.Segments)
        {
            await session.ExecuteAsync(
                "insert into upload_tail (upload_id, position, bytes) values (@id, @position, @bytes)",
                new { id, position, bytes = piece.Count == piece.Array!.Length ? piece.Array : piece.ToArray() });
            position += piece.Count;
        }
    }

    /// <summary>Removes what lies before a position, and has become parts.</summary>
    public Task DropBeforeAsync(Session session, long position) =>
        session.ExecuteAsync("delete from upload_tail where upload_id = @id and position < @position", new { id, position });

    /// <summary>Removes what lies behind a position, and does not count any more.</summary>
    public Task DropFromAsync(Session session, long position) =>
        session.ExecuteAsync("delete from upload_tail where upload_id = @id and position >= @position", new { id, position });

    private async IAsyncEnumerable<Stream> RowsAsync(long from, long to)
    {
        await using var session = await database.ReadAsync(CancellationToken.None);
        var command = session.Prepare(
            "select bytes from upload_tail where upload_id = @id and position >= @from and position < @to order by position",
            ("id", id), ("from", from), ("to", to));
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess);
        while (await reader.ReadAsync())
        {
            await using var bytes = reader.GetStream(0);
            yield return bytes;
        }
    }
}
