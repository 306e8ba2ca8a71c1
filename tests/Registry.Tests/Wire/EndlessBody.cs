namespace Registry.Tests.Wire;

/// <summary>A body in chunks that goes on until the server has had enough.</summary>
internal static class EndlessBody
{
    private static readonly byte[] Chunk = [.. "10000\r\n"u8, .. Enumerable.Repeat((byte)' ', 65536), .. "\r\n"u8];

    /// <summary>Sends chunks until there is an answer. Returns it with the bytes sent by then.</summary>
    public static async Task<(RawResponse Answer, long Sent)> SendChunksUntilAnsweredAsync(this RawHttp connection, long most)
    {
        var answering = connection.ReadResponseAsync();
        var sent = 0L;
        try
        {
            while (!answering.IsCompleted && sent < most)
            {
                await connection.SendAsync(Chunk);
                sent += 65536;
            }
        }
        catch (IOException)
        {
            // The server has closed its side; what it said before is still there to be read.
        }

        return (await answering, sent);
    }
}
