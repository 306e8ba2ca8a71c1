namespace Registry.Tests.Fuzz;

/// <summary>Values at the edges of what parsers expect. Text is Latin-1: characters above 0x7f are single bytes.</summary>
internal static class Values
{
    public static readonly string[] Numbers =
    [
        "0", "-0", "-1", "1", "2", "1000", "1001", "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808",
        "18446744073709551616", "9999999999999999999999999999999999999999", "1e3", "1.0", " 5", "5 ", "+1", "0x10", "00001", "1_000", "NaN", "",
        "\u00d9\u00a3",
    ];

    public static readonly string[] Digests =
    [
        "sha256:" + new string('0', 64), "sha256:" + new string('A', 64), "sha256:" + new string('g', 64), "sha256:" + new string('0', 63),
        "sha256:" + new string('0', 65), "sha512:" + new string('0', 128), "sha512:" + new string('0', 64), "sha256:", ":", ":x", "sha256", "md5:" + new string('0', 32),
        "sha256+b64u:" + new string('_', 43), "a.b+c:=_-", "sha256:sha256:" + new string('0', 64), "SHA256:" + new string('0', 64),
        "sha256%3A" + new string('0', 64), "sha256:" + new string('0', 600), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha384:" + new string('0', 96), "sha256:" + new string('0', 64) + "%0a", "sha256:" + new string('\u00e4', 64),
    ];

    public static readonly string[] Names =
    [
        "library/app", "a", "A", "a__b", "a___b", "-a", "a-", "a..b", "a/", "/a", "a//b", "..", ".", "tags/list", "blobs/uploads", "manifests", "_catalog", "v2",
        "uploads", "list", "latest", ".latest", "v1\n", "v1%0A", "v1%00", new('a', 129), new('a', 256), string.Join('/', Enumerable.Repeat("a", 128)), "\u00e4",
        "a:b", "a@sha256", "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}", "%2e%2e", "con", "{0}", "%s%n", "' or 1=1 --", "*", "?", "#",
    ];

    public static readonly string[] Ranges =
    [
        "bytes=0-", "bytes=-1", "bytes=-0", "bytes=5-2", "bytes=0-0", "bytes=0-0,1-1,2-2", "bytes=99999999999999999999-", "bytes=0-9223372036854775807",
        "bytes=-9223372036854775808", "bytes= 0-1", "bytes=0-1,", "bytes=,", "bytes=", "bytes", "items=0-1", "bytes=a-b", "bytes=0--1", "bytes=--1", "bytes=1-1-1",
        "bytes=" + string.Join(',', Enumerable.Repeat("0-0", 1500)), "bytes=" + string.Join(',', Enumerable.Range(0, 50).Select(i => $"{i}-")),
        "0-9", "0-0", "9-0", "10-19", "bytes 0-9/*", "bytes 0-9/10", "bytes */10", "-1", "0-9223372036854775807", "9223372036854775807-9223372036854775807",
        "0-99999999999999999999", "0 - 9", "0-9-10",
    ];

    public static readonly string[] Texts =
    [
        "", " ", "\0", "a\0b", "%00", "%0d%0aX-Injected: 1", "\r\n X: folded", "\t", "\u00ff", "\u00c0\u00af", "\u00ed\u00a0\u0080", "\u00ef\u00bb\u00bf", "\u00f0\u009f\u0098\u0080",
        "\u00e2\u0080\u00ae", "%ff%fe", "%ed%a0%80", "%", "%z", "%u0041", "%25", "%252f", "%2F", "%5c", "\\", "\"", "\"\"", "'", ";", ",", ",,,", "=", "&", "&&=", "+", "<script>",
        "{0}", "${x}", "../../etc/passwd", new('a', 1000), new('a', 9000), new('%', 300), string.Concat(Enumerable.Repeat("%41", 500)),
    ];

    public static readonly string[] Segments =
    [
        "/", "//", "/./", "/../", "/%2e%2e/", "/.%2e/", "%2F", "%2f", "%252F", "%5C", "\\", "/;/", "%00", "%20", "%0a", "%3A", "%3F", "?", "#", "@", ":", "*", "%", "%4", "/v2/", "/blobs/",
        "/manifests/", "/tags/list", "/blobs/uploads/", "/referrers/", "/_oci/ext/discover",
    ];

    public static readonly string[] Methods =
    [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI", "PURGE", "get", "Get", "G\0T", "", "GET/", "G(T", new('M', 300), "\u00e4",
    ];

    public static readonly string[] Versions = ["HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "HTTP/11", "http/1.1", "HTTP/1.1 ", "", "HTTPS/1.1", "HTTP/1.1\0"];

    public static readonly string[] Parameters = ["n", "last", "digest", "mount", "from", "tag", "artifactType", "digest-algorithm", "q", "ns", "_state", "scope", "service"];

    public static readonly string[] MediaTypes =
    [
        Oci.ManifestType, Oci.IndexType, Oci.DockerManifestType, Oci.DockerListType, "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.oci.artifact.manifest.v1+json", "application/json", "text/html", "*/*", "application/*", Oci.ManifestType + "; charset=utf-8", Oci.ManifestType.ToUpperInvariant(),
        "a/b;q=x", "/", "*/", "application/vnd.oci.image.manifest.v1+json, " + Oci.IndexType,
    ];

    public static readonly string[] Credentials =
    [
        "Basic dXNlcjpwYXNzd29yZA==", "Basic Og==", "Basic", "Basic ", "Basic !!!", "Basic dXNlcg==", "Basic AAAA", "Basic /////w==", "basic dXNlcjpw", "Bearer", "Bearer ", "Bearer x",
        "Bearer a.b.c", "Bearer ..", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer eyJhbGciOiJIUzI1NiIsImp3ayI6e319.e30.AA", "Negotiate YII=", "Digest username=\"a\", realm=\"b", "\"", ",",
        "Bearer realm=\"x\",service=\"y\",scope=\"repository:a:pull,push\"", "Bearer " + new string('a', 20_000),
    ];

    public static readonly string[] HeaderNames =
    [
        "Host", "Content-Length", "Transfer-Encoding", "Content-Type", "Content-Range", "Content-Encoding", "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "Accept",
        "Accept-Encoding", "Authorization", "WWW-Authenticate", "Connection", "Keep-Alive", "Expect", "Upgrade", "TE", "Trailer", "Origin", "Referer", "Cookie", "User-Agent", "X-Forwarded-For",
        "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Request-Id", "traceparent", "tracestate", "baggage", "X-HTTP-Method-Override", "Docker-Distribution-API-Version",
        "Docker-Upload-UUID", "OCI-Tag", "OCI-Subject", "Date", "Via", "Max-Forwards", "X", "x-\u00e4", "a b", "", ":authority", "X\0",
    ];

    public static readonly string[] HeaderValues =
    [
        "chunked", "gzip, chunked", "chunked, chunked", "identity", "xchunked", "100-continue", "200-ok", "keep-alive", "close", "upgrade", "h2c", "websocket", "trailers", "localhost",
        "localhost:5000", "127.0.0.1", "[::1]", "[::1", "example.com", "evil@localhost", "localhost:99999", "null", "http://example.com", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "Thu, 01 Jan 1970 00:00:00 GMT", "*", "\"*\"", "W/\"x\"", "gzip", "br;q=1.0, *;q=0",
    ];

    private static readonly string[][] All = [Numbers, Digests, Names, Ranges, Texts, MediaTypes, Credentials, HeaderValues];

    public static T Of<T>(this Random random, IReadOnlyList<T> list) => list[random.Next(list.Count)];

    public static string Any(Random random) => random.Of(random.Of(All));
}
