namespace Registry.Benchmarks.Http;

/// <summary>An answer with its header as text and its body.</summary>
internal sealed record HttpAnswer(int Status, string Header, byte[] Body)
{
    /// <summary>The value of a header field, or null.</summary>
    public string? Field(string name)
    {
        var at = Header.IndexOf($"\r\n{name}:", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        var start = at + name.Length + 3;
        var end = Header.IndexOf("\r\n", start, StringComparison.Ordinal);
        return Header[start..end].Trim();
    }

    /// <summary>This answer when it has the status, else an exception that shows it.</summary>
    public HttpAnswer Expect(int status, string request) =>
        Status == status
            ? this
            : throw new BenchmarkException($"{request} was answered with {Header}{System.Text.Encoding.UTF8.GetString(Body)}");

    /// <summary>Where an upload goes on: path and query of the Location, which may be absolute, with the digest added.</summary>
    public string UploadTarget(string digest)
    {
        var target = UploadTarget();
        return $"{target}{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={digest}";
    }

    /// <summary>Path and query of the Location.</summary>
    public string UploadTarget()
    {
        var location = Field("Location") ?? throw new BenchmarkException($"No Location in {Header}");
        var host = location.IndexOf("://", StringComparison.Ordinal);
        return host < 0 ? location : location[location.IndexOf('/', host + 3)..];
    }
}
