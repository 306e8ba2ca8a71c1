namespace Registry.Tests.Upstreams;

internal static class UpstreamAnswers
{
    public static async Task<byte[]> ReadAllAsync(this Stream body)
    {
        using var content = new MemoryStream();
        await body.CopyToAsync(content);
        return content.ToArray();
    }
}
