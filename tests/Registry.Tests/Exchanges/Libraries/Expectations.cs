using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Registry.Tests.Exchanges.Libraries;

/// <summary>What clients take from an answer, to the letter: the status line, header names in their spelling, values, bytes.</summary>
internal static partial class Expectations
{
    /// <summary>Status and reason: <c>201 Created</c>.</summary>
    public static RawResponse Is(this RawResponse answer, string status)
    {
        Assert.True($"{answer.Status} {answer.Reason}" == status, $"expected {status}: {answer}");
        return answer;
    }

    /// <summary>One line of that name, in that spelling, with that value.</summary>
    public static RawResponse Has(this RawResponse answer, string header, string value)
    {
        var lines = answer.Headers.Where(line => line.Key.Equals(header, StringComparison.OrdinalIgnoreCase)).ToList();
        Assert.True(lines.Count == 1 && lines[0].Key == header && lines[0].Value == value, $"expected {header}: {value} in {answer}");
        return answer;
    }

    public static RawResponse Lacks(this RawResponse answer, string header)
    {
        Assert.True(answer.Header(header) is null, $"expected no {header} in {answer}");
        return answer;
    }

    public static JsonNode Json(this RawResponse answer) => JsonNode.Parse(answer.Body)!;

    /// <summary>The strings of an array in the body's object.</summary>
    public static List<string> Strings(this RawResponse answer, string member) =>
        [.. answer.Json()[member]!.AsArray().Select(entry => (string)entry!)];

    /// <summary>
    /// What holds for every answer: the version, which old docker and scripts look for; a length, because a chunked or encoded
    /// body has none to compare with a descriptor; no challenge where nothing has to be proved.
    /// </summary>
    public static void IsWellFormed(this RawResponse answer, string method, string target)
    {
        answer.Lacks("Transfer-Encoding").Lacks("Content-Encoding");
        if (answer.Status is not 401)
        {
            answer.Lacks("WWW-Authenticate");
        }

        if (answer.Status < 400)
        {
            answer.Lacks("Connection"); // the next request comes on the same one
        }

        if (target.StartsWith("/v2/", StringComparison.Ordinal))
        {
            answer.Has("Docker-Distribution-API-Version", "registry/2.0");
        }

        if (answer.Status is 204 || (method is "HEAD" && answer.Status >= 400))
        {
            answer.Lacks("Content-Length");
        }
        else
        {
            Assert.True(answer.Header("Content-Length") is not null, $"expected a Content-Length in {answer}");
        }
    }

    /// <summary>The answer to the ping. Clients that see 200 here send no credentials and ask for no token.</summary>
    public static void IsPing(this RawResponse answer)
    {
        answer.Is("200 OK").Has("Content-Type", "application/json").Has("Content-Length", "2").Lacks("X-Registry-Supports-Signatures");
        Assert.Equal("{}", answer.Text);
    }

    /// <summary>The envelope of errors. Returns its first entry.</summary>
    public static JsonNode IsError(this RawResponse answer, string status, string code)
    {
        answer.Is(status).Has("Content-Type", "application/json");
        return IsEnvelope(answer, code);
    }

    /// <summary>An upload session; returns where it goes on. Path-absolute: containerd and oras drop credentials, or stop, at any other host.</summary>
    public static string IsUploadAccepted(this RawResponse answer, string name, long received = 0)
    {
        answer.Is("202 Accepted").Has("Content-Length", "0").Lacks("OCI-Chunk-Min-Length").Lacks("Docker-Content-Digest");
        return answer.IsUpload(name, received);
    }

    /// <summary>The headers that say where an upload stands; docker parses both numbers of the range.</summary>
    public static string IsUpload(this RawResponse answer, string name, long received)
    {
        var location = answer.Header("Location") ?? "";
        Assert.True(UploadPattern.Match(location) is { Success: true } match && match.Groups[1].Value == name, $"expected an upload of {name}: {answer}");
        answer.Has("Location", location).Has("Docker-Upload-UUID", location[(location.LastIndexOf('/') + 1)..]);
        answer.Has("Range", string.Create(CultureInfo.InvariantCulture, $"0-{Math.Max(0, received - 1)}"));
        return location;
    }

    /// <summary>The answer to a finished upload or to a mount.</summary>
    public static void IsBlobCreated(this RawResponse answer, string name, string digest) =>
        answer.Is("201 Created").Has("Location", $"/v2/{name}/blobs/{digest}").Has("Docker-Content-Digest", digest).Has("Content-Length", "0").Lacks("Range");

    /// <summary>The answer to the PUT of a manifest. OCI-Subject says that the registry keeps the list of referrers itself.</summary>
    public static void IsManifestCreated(this RawResponse answer, string name, Content manifest, string? subject = null)
    {
        answer.Is("201 Created").Has("Location", $"/v2/{name}/manifests/{manifest.Digest}").Has("Docker-Content-Digest", manifest.Digest);
        answer.Has("Content-Length", "0").Lacks("OCI-Tag");
        _ = subject is null ? answer.Lacks("OCI-Subject") : answer.Has("OCI-Subject", subject);
    }

    /// <summary>The headers of a manifest; the type has no charset, clients compare it with the descriptor's.</summary>
    public static RawResponse IsHeadOf(this RawResponse answer, Content manifest) =>
        answer.Is("200 OK").Has("Content-Type", manifest.MediaType).HasLengthAndDigest(manifest);

    public static void IsManifest(this RawResponse answer, Content manifest)
    {
        answer.IsHeadOf(manifest);
        Assert.Equal(manifest.Bytes, answer.Body);
    }

    /// <summary>The headers of a blob. oras seeks only where ranges are announced.</summary>
    public static RawResponse IsHeadOfBlob(this RawResponse answer, Content blob) =>
        answer.Is("200 OK").Has("Content-Type", "application/octet-stream").Has("Accept-Ranges", "bytes").HasLengthAndDigest(blob);

    public static void IsBlob(this RawResponse answer, Content blob)
    {
        answer.IsHeadOfBlob(blob);
        Assert.Equal(blob.Bytes, answer.Body);
    }

    /// <summary>A part of a blob, both ends included.</summary>
    public static void IsPartOf(this RawResponse answer, Content blob, int from, int to)
    {
        answer.Is("206 Partial Content").Has("Content-Range", $"bytes {from}-{to}/{blob.Bytes.Length}").Has("Content-Length", $"{to - from + 1}");
        answer.Has("Docker-Content-Digest", blob.Digest);
        Assert.Equal(blob.Bytes[from..(to + 1)], answer.Body);
    }

    /// <summary>A list of referrers, without a charset: oras and crane compare the type literally. Returns its descriptors.</summary>
    public static List<JsonObject> IsReferrers(this RawResponse answer, bool filtered = false)
    {
        answer.Is("200 OK").Has("Content-Type", Oci.IndexType);
        _ = filtered ? answer.Has("OCI-Filters-Applied", "artifactType") : answer.Lacks("OCI-Filters-Applied");
        var index = answer.Json().AsObject();
        Assert.Equal((2, Oci.IndexType), ((int)index["schemaVersion"]!, (string)index["mediaType"]!));
        return [.. index["manifests"]!.AsArray().Select(entry => entry!.AsObject())];
    }

    /// <summary>A deletion that has happened.</summary>
    public static void IsDeleted(this RawResponse answer) => answer.Is("202 Accepted").Has("Content-Length", "0");

    /// <summary>Where the next page is, null on the last.</summary>
    public static string? NextPage(this RawResponse answer)
    {
        if (answer.Header("Link") is not { } link)
        {
            return null;
        }

        Assert.True(LinkPattern.Match(link) is { Success: true } match && answer.Has("Link", link) is not null, $"expected a path to the next page: {answer}");
        return LinkPattern.Match(link).Groups[1].Value;
    }

    private static RawResponse HasLengthAndDigest(this RawResponse answer, Content content) =>
        answer.Has("Content-Length", $"{content.Bytes.Length}").Has("Docker-Content-Digest", content.Digest).Has("ETag", $"\"{content.Digest}\"");

    private static JsonNode IsEnvelope(RawResponse answer, string code)
    {
        var error = answer.Json()["errors"]![0]!;
        Assert.True((string?)error["code"] == code && !string.IsNullOrWhiteSpace((string?)error["message"]), $"expected {code} and a message: {answer}");
        return error;
    }

    [GeneratedRegex(@"\A/v2/([a-z0-9/._-]+)/blobs/uploads/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\z")]
    private static partial Regex UploadPattern { get; }

    [GeneratedRegex("""\A<(/v2/[^<>\s]+)>; rel="next"\z""")]
    private static partial Regex LinkPattern { get; }
}
