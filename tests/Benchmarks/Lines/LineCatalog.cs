namespace Registry.Benchmarks.Lines;

/// <summary>Every line, in the order of the table.</summary>
internal static class LineCatalog
{
    private static readonly Line[] All =
    [
        new RequestLine("tag", "manifest by tag", RequestKind.ManifestByTag, goal: 15),
        new RequestLine("digest", "manifest by digest", RequestKind.ManifestByDigest, goal: 18),
        new RequestLine("head", "HEAD of a blob", RequestKind.BlobHead, goal: 15),
        new RequestLine("blob", "blob of 4 KiB", RequestKind.Blob, goal: 40),
        new RequestLine("tag-postgres", "manifest by tag, PostgreSQL", RequestKind.ManifestByTag, goal: 4, postgres: true),
        new SignedInLine(),
        new PushLine("push", "small images pushed", goal: 4, postgres: false),
        new PushLine("push-postgres", "small images pushed, PostgreSQL", goal: 4, postgres: true),
        new BigPullLine(),
        new NginxPullLine(),
        new BigPushLine(),
        new PagesLine(),
        new MemoryLine(),
        new StartLine(),
        new S3TransferLine(),
        new S3PushLine(),
        new S3MemoryLine(),
        new ReplicaLine(),
        new MirrorLine(),
    ];

    /// <summary>The lines with these names, or all.</summary>
    public static IReadOnlyList<Line> Choose(IReadOnlyCollection<string> names)
    {
        var unknown = names.FirstOrDefault(name => All.All(line => line.Name != name));
        return unknown is not null
            ? throw new BenchmarkException($"There is no line {unknown}. Lines: {string.Join(' ', All.Select(line => line.Name))}")
            : names.Count == 0 ? All : [.. All.Where(line => names.Contains(line.Name))];
    }
}
