using Registry.Tests.Repositories;
using Registry.Tests.Wire;

namespace Registry.Tests.Model;

/// <summary>One step of a sequence: sent to the registry, done in the reference, and the two answers compared.</summary>
internal abstract record Command
{
    public abstract Task RunAsync(World world);
}

/// <summary>POST of a new session.</summary>
internal sealed record StartUpload(int Repository, int Blob) : Command
{
    public override async Task RunAsync(World world)
    {
        var answer = (await world.Wire(Repository).PostAsync()).Is(202);
        world.Uploads.Add(new(Repository, Samples.Blobs[Blob], world.Model(Repository).Start()) { Location = answer.Location });
    }
}

/// <summary>PATCH with the next bytes of the blob: as a stream, or as a chunk that starts where the session stands or not.</summary>
internal sealed record Append(int Upload, int Size, Chunk Chunk) : Command
{
    public override async Task RunAsync(World world)
    {
        if (world.Upload(Upload) is not { } upload)
        {
            return;
        }

        var content = upload.Rest.Take(Size).ToArray();
        int? start = Chunk == Chunk.Streamed || content.Length == 0 ? null : upload.Model.Position + (Chunk == Chunk.Elsewhere ? 1 : 0);
        var wire = world.Wire(upload.Repository);
        var answer = start is { } from
            ? await wire.ChunkAsync(upload.Location, content, from)
            : await wire.StreamAsync(upload.Location, content);
        World.Same(upload.Model.Append(content, start), answer);
        upload.HasObject |= answer.Status is 202 or 416;
        upload.HasFile |= answer.Status == 202;
        if (answer.Status is 202 or 416)
        {
            answer.Has("Range", upload.Range);
        }
    }
}

/// <summary>How a chunk says where it belongs.</summary>
internal enum Chunk
{
    Streamed,
    InPlace,
    Elsewhere,
}

/// <summary>The closing PUT, with what is missing or nothing, under the digest of this blob or another one.</summary>
internal sealed record CloseUpload(int Upload, bool WithRest, int? OtherBlob) : Command
{
    public override async Task RunAsync(World world)
    {
        if (world.Upload(Upload) is not { } upload)
        {
            return;
        }

        var rest = WithRest ? upload.Rest : [];
        var digest = (OtherBlob is { } other ? Samples.Blobs[other] : upload.Blob).Digest;
        var answer = await world.Wire(upload.Repository).CloseAsync(upload.Location, digest, rest);
        World.Same(upload.Model.Close(digest, rest), answer);
    }
}

/// <summary>DELETE of a session.</summary>
internal sealed record CancelUpload(int Upload) : Command
{
    public override async Task RunAsync(World world)
    {
        if (world.Upload(Upload) is { } upload)
        {
            World.Same(upload.Model.Cancel(), await world.Http.SendAsync("DELETE", upload.Location));
        }
    }
}

/// <summary>GET of a session, also by the path of a repository that it does not belong to.</summary>
internal sealed record AskUpload(int Upload) : Command
{
    public override async Task RunAsync(World world)
    {
        if (world.Upload(Upload) is not { } upload)
        {
            return;
        }

        var answer = await world.Wire(upload.Repository).StatusAsync(upload.Location);
        World.Same(upload.Model.Status(), answer);
        if (answer.Status == 204)
        {
            answer.Has("Range", upload.Range);
        }

        var id = upload.Location[(upload.Location.LastIndexOf('/') + 1)..];
        (await world.Wire(1 - upload.Repository).GetAsync($"blobs/uploads/{id}")).IsError(404, "BLOB_UPLOAD_UNKNOWN");
    }
}

/// <summary>POST with a whole blob. Only an empty one has a session, which is closed at once.</summary>
internal sealed record PushBlob(int Repository, int Blob) : Command
{
    public override async Task RunAsync(World world)
    {
        var blob = Samples.Blobs[Blob];
        (await world.Wire(Repository).PostAsync($"?digest={blob.Digest}", Wire.Http.Sized(blob.Content))).Is(201);
        if (blob.Content.Length == 0)
        {
            world.Model(Repository).Start().Close(blob.Digest, blob.Content);
        }
        else
        {
            world.Model(Repository).Link(blob.Digest);
        }
    }
}

/// <summary>POST that asks for a blob of another repository, of the same, or of any. What cannot be had is a session.</summary>
internal sealed record Mount(int Repository, int? From, int Blob) : Command
{
    public override async Task RunAsync(World world)
    {
        var blob = Samples.Blobs[Blob];
        var from = From is { } source ? $"&from={world.Wire(source).Name}" : "";
        var answer = await world.Wire(Repository).PostAsync($"?mount={blob.Digest}{from}");
        if (world.Sources(From).Any(repository => repository.Links.Contains(blob.Digest)))
        {
            answer.Is(201).Has("Docker-Content-Digest", blob.Digest);
            world.Model(Repository).Link(blob.Digest);
        }
        else
        {
            world.Uploads.Add(new(Repository, blob, world.Model(Repository).Start()) { Location = answer.Is(202).Location });
        }
    }
}

/// <summary>DELETE of a blob.</summary>
internal sealed record DeleteBlob(int Repository, int Blob) : Command
{
    public override async Task RunAsync(World world)
    {
        var digest = Samples.Blobs[Blob].Digest;
        World.Same(world.Model(Repository).DeleteBlob(digest), await world.Wire(Repository).DeleteAsync($"blobs/{digest}"));
    }
}

/// <summary>PUT of a manifest by a tag, or by its digest with any number of tags.</summary>
internal sealed record PutManifest(int Repository, int Manifest, bool ByDigest, TagSet Tags, Condition Condition) : Command
{
    public override async Task RunAsync(World world)
    {
        var sample = Samples.Manifests[Manifest];
        var byDigest = ByDigest || Tags.Count != 1 || sample.Algorithm != "sha256";
        var tags = Tags.Names.ToList();
        var condition = byDigest ? Condition.None : Condition;
        var model = world.Model(Repository);
        var current = byDigest ? null : model.Tags.GetValueOrDefault(tags[0]);
        var query = byDigest && tags.Count > 0 ? "?" + string.Join('&', tags.Select(tag => $"tag={tag}")) : "";
        var answer = await world.Wire(Repository).PutManifestAsync(
            (byDigest ? sample.Digest : tags[0]) + query, sample.Content, sample.Type, condition.Headers(current, sample.Digest));
        World.Same(model.Put(sample, tags, condition.Allows(current, sample.Digest)), answer);
        if (answer.Status == 201)
        {
            answer.Has("Docker-Content-Digest", sample.Digest).Has("OCI-Subject", sample.Subject);
        }
    }
}

/// <summary>The blobs of a manifest, its children in the same way, then the manifest itself.</summary>
internal sealed record PushImage(int Repository, int Manifest, TagSet Tags) : Command
{
    public override async Task RunAsync(World world)
    {
        foreach (var name in Samples.Manifests[Manifest].Names)
        {
            await (name.Kind == Named.Child
                ? new PushImage(Repository, Array.FindIndex(Samples.Manifests, sample => sample.Digest == name.Digest), TagSet.None).RunAsync(world)
                : new PushBlob(Repository, Array.FindIndex(Samples.Blobs, blob => blob.Digest == name.Digest)).RunAsync(world));
        }

        await new PutManifest(Repository, Manifest, true, Tags, Condition.None).RunAsync(world);
    }
}

/// <summary>DELETE of a manifest by its digest.</summary>
internal sealed record DeleteManifest(int Repository, int Manifest) : Command
{
    public override async Task RunAsync(World world)
    {
        var digest = Samples.Manifests[Manifest].Digest;
        World.Same(world.Model(Repository).DeleteManifest(digest), await world.Wire(Repository).DeleteAsync($"manifests/{digest}"));
    }
}

/// <summary>DELETE of a tag.</summary>
internal sealed record DeleteTag(int Repository, int Tag) : Command
{
    public override async Task RunAsync(World world)
    {
        var tag = Samples.Tags[Tag];
        World.Same(world.Model(Repository).DeleteTag(tag), await world.Wire(Repository).DeleteAsync($"manifests/{tag}"));
    }
}

/// <summary>DELETE of a repository.</summary>
internal sealed record DeleteRepository(int Repository) : Command
{
    public override async Task RunAsync(World world) =>
        World.Same(world.DeleteModel(Repository), await world.App.DeleteRepositoryAsync(world.Wire(Repository)));
}

/// <summary>Everything that can be read is read.</summary>
internal sealed record ReadAll : Command
{
    public override Task RunAsync(World world) => new Reading(world).AllAsync();
}

/// <summary>Collection until nothing is left to do, then everything is read and counted.</summary>
internal sealed record Collect : Command
{
    public override async Task RunAsync(World world)
    {
        await world.CollectAsync();
        await new Reading(world).AllAsync();
    }
}

/// <summary>A graceful stop and a start on the same data.</summary>
internal sealed record Restart : Command
{
    public override async Task RunAsync(World world)
    {
        await world.App.RestartAsync();
        await new Reading(world).AllAsync();
    }
}
