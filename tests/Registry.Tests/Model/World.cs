using Registry.Tests.Collection;
using Registry.Tests.Wire;

namespace Registry.Tests.Model;

/// <summary>A running registry and its reference, side by side, for one sequence.</summary>
internal sealed class World(RegistryApp app, Rules rules)
{
    private readonly string _prefix = $"s{Guid.NewGuid():n}/";
    private readonly ReferenceRegistry _model = new(rules);
    private readonly Inventory _inventory = new(app);

    public RegistryApp App => app;

    public HttpClient Http => app.Client;

    public List<WorldUpload> Uploads { get; } = [];

    /// <summary>The listed names of this sequence, without what they begin with.</summary>
    public IEnumerable<string> Listed => _model.Listed;

    public string Prefix => _prefix;

    public static void Same(Reply expected, Answer answer)
    {
        if (expected.Code is { } code && answer.Body.Length > 0)
        {
            answer.IsError(expected.Status, code);
        }
        else
        {
            answer.Is(expected.Status);
        }
    }

    public RepositoryWire Wire(int repository) => new(Http, _prefix + Samples.Repositories[repository]);

    public ReferenceRepository Model(int repository) => _model[Samples.Repositories[repository]];

    public Reply DeleteModel(int repository) => _model.Delete(Samples.Repositories[repository]);

    /// <summary>Where a mount may look: in one repository, or in all.</summary>
    public IEnumerable<ReferenceRepository> Sources(int? repository) => repository is { } one ? [Model(one)] : _model.Repositories.Values;

    /// <summary>One of the sessions started so far; null when there is none yet.</summary>
    public WorldUpload? Upload(int number) => Uploads.Count == 0 ? null : Uploads[number % Uploads.Count];

    /// <summary>Runs collection until nothing is due, and compares what is left in the tables and on the disk.</summary>
    public async Task CollectAsync()
    {
        await _inventory.CollectAsync();
        _model.Collect();
        await CountAsync();
    }

    /// <summary>Deletes what can be deleted. Collection has to leave nothing at all.</summary>
    public async Task ClearAsync()
    {
        foreach (var upload in Uploads.Where(upload => upload.Model.IsOpen))
        {
            Same(upload.Model.Cancel(), await Http.SendAsync("DELETE", upload.Location));
        }

        for (var repository = 0; repository < Samples.Repositories.Length; repository++)
        {
            foreach (var manifest in Samples.Manifests)
            {
                Same(Model(repository).DeleteManifest(manifest.Digest), await Wire(repository).DeleteAsync($"manifests/{manifest.Digest}"));
            }
        }

        await CollectAsync();
        Assert.Equal("0 blobs, 0 links, 0 manifests, 0 names in them, 0 tags, 0 objects, 0 files", await FoundAsync());
    }

    // On S3 an open upload has an object only while somebody writes, or once a part was full.
    private string Kept => app.Bucket is null ? Inventory.InUse : "state > 0";

    private async Task CountAsync()
    {
        var repositories = _model.Repositories.Values;
        var manifests = repositories.SelectMany(repository => repository.Manifests.Values).ToList();
        // What is too little for a part of S3 is rows of its upload, and comes to its object with the close.
        var open = app.Bucket is null ? Uploads.Where(upload => upload.Model.IsOpen).ToList() : [];
        var (objects, files) = (_model.Blobs + open.Count(upload => upload.HasObject), _model.Blobs + open.Count(upload => upload.HasFile));
        Assert.Equal(
            $"{_model.Blobs} blobs, {repositories.Sum(repository => repository.Links.Count)} links, {manifests.Count} manifests, "
            + $"{manifests.Sum(manifest => manifest.Sample.Names.Count)} names in them, {repositories.Sum(repository => repository.Tags.Count)} tags, "
            + $"{objects} objects, {files} files",
            await FoundAsync());
    }

    private async Task<string> FoundAsync() =>
        $"{await _inventory.CountAsync("blob")} blobs, {await _inventory.CountAsync("repository_blob")} links, "
        + $"{await _inventory.CountAsync("manifest")} manifests, {await _inventory.CountAsync("manifest_edge")} names in them, "
        + $"{await _inventory.CountAsync("tag")} tags, {await _inventory.CountAsync("object", Kept)} objects, {await _inventory.FilesAsync()} files";
}

/// <summary>A session as the client knows it, and its reference.</summary>
internal sealed record WorldUpload(int Repository, SampleBlob Blob, ReferenceUpload Model)
{
    public required string Location { get; init; }

    /// <summary>Whether somebody has come to write; only then it has an object.</summary>
    public bool HasObject { get; set; }

    /// <summary>Whether a body has been received; the file is made with the first one, also an empty one.</summary>
    public bool HasFile { get; set; }

    public byte[] Rest => Blob.Content[Math.Min(Model.Position, Blob.Content.Length)..];

    public string Range => $"0-{Math.Max(0, Model.Position - 1)}";
}
