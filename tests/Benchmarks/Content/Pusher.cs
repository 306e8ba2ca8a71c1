using System.Diagnostics;
using Registry.Benchmarks.Http;

namespace Registry.Benchmarks.Content;

/// <summary>Pushes as clients do: ask for the blob, open an upload, send it, and the manifest last.</summary>
internal sealed class Pusher(int port) : IDisposable
{
    private const string BlobFields = "Content-Type: application/octet-stream\r\n";
    private const int SlowStep = 64 * 1024;
    private const string ManifestFields = $"Content-Type: {MediaTypes.Manifest}\r\n";

    private readonly HttpConnection connection = HttpConnection.Open(port);

    public void Push(string repository, string reference, SmallImage image)
    {
        PushBlob(repository, image.Config, image.ConfigDigest);
        PushBlob(repository, image.Layer, image.LayerDigest);
        PushManifest(repository, reference, image.Manifest);
    }

    public void PushManifest(string repository, string reference, byte[] manifest)
    {
        var target = $"/v2/{repository}/manifests/{reference}";
        connection.Send("PUT", target, ManifestFields, manifest).Expect(201, $"PUT {target}");
    }

    /// <summary>POST, then PUT with everything and its length.</summary>
    public void PushBig(string repository, BigBlob blob)
    {
        var target = Open(repository).UploadTarget(blob.Digest);
        connection.Begin("PUT", target, $"{BlobFields}Content-Length: {blob.Size}\r\n");
        Write(blob.Pieces);
        connection.ReadAnswer().Expect(201, $"PUT {target}");
    }

    /// <summary>The same, evenly spread over a time.</summary>
    public void PushBigSlowly(string repository, BigBlob blob, TimeSpan length)
    {
        var target = Open(repository).UploadTarget(blob.Digest);
        connection.Begin("PUT", target, $"{BlobFields}Content-Length: {blob.Size}\r\n");
        var started = Stopwatch.GetTimestamp();
        long sent = 0;
        foreach (var piece in blob.Pieces)
        {
            for (var at = 0; at < piece.Length; at += SlowStep)
            {
                var step = piece.Slice(at, Math.Min(SlowStep, piece.Length - at));
                connection.Write(step.Span);
                sent += step.Length;
                var early = (length * sent / blob.Size) - Stopwatch.GetElapsedTime(started);
                Thread.Sleep(early > TimeSpan.Zero ? early : TimeSpan.Zero);
            }
        }

        connection.ReadAnswer().Expect(201, $"PUT {target}");
    }

    /// <summary>POST, PATCH with a chunked body, then PUT without a body, as docker does.</summary>
    public void PushBigChunked(string repository, BigBlob blob)
    {
        var target = Open(repository).UploadTarget();
        connection.Begin("PATCH", target, $"{BlobFields}Transfer-Encoding: chunked\r\n");
        Write(blob.ChunkedPieces);
        var patched = connection.ReadAnswer().Expect(202, $"PATCH {target}");
        connection.Send("PUT", patched.UploadTarget(blob.Digest)).Expect(201, "PUT after PATCH");
    }

    public void Dispose() => connection.Dispose();

    private void PushBlob(string repository, byte[] content, string digest)
    {
        var head = $"/v2/{repository}/blobs/{digest}";
        connection.Send("HEAD", head).Expect(404, $"HEAD {head}");
        var target = Open(repository).UploadTarget(digest);
        connection.Send("PUT", target, BlobFields, content).Expect(201, $"PUT {target}");
    }

    private HttpAnswer Open(string repository)
    {
        var target = $"/v2/{repository}/blobs/uploads/";
        return connection.Send("POST", target).Expect(202, $"POST {target}");
    }

    private void Write(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        foreach (var piece in pieces)
        {
            connection.Write(piece.Span);
        }
    }
}
