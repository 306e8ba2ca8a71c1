namespace Registry.Tests.Model;

/// <summary>One repository: what it shows, and what it has stored.</summary>
internal sealed class ReferenceRepository(Rules rules)
{
    /// <summary>Blobs that can be seen here.</summary>
    public HashSet<string> Links { get; } = [];

    public Dictionary<string, ReferenceManifest> Manifests { get; } = [];

    public SortedDictionary<string, string> Tags { get; } = new(StringComparer.Ordinal);

    /// <summary>Sessions that are open, and those that ended with a blob.</summary>
    public List<ReferenceUpload> Uploads { get; } = [];

    /// <summary>Manifests that collection will look at.</summary>
    public HashSet<string> Due { get; } = [];

    /// <summary>True from the first manifest on.</summary>
    public bool Listed { get; private set; }

    public bool Exists => Listed || Links.Count > 0 || Uploads.Count > 0;

    public IEnumerable<string> HeldBlobs =>
        Manifests.Values.SelectMany(manifest => manifest.Holds).Where(name => name.Kind != Named.Child).Select(name => name.Digest).Distinct();

    private IEnumerable<ReferenceManifest> Visible => Manifests.Values.Where(manifest => !manifest.Deleted);

    public ReferenceUpload Start()
    {
        var upload = new ReferenceUpload(this);
        Uploads.Add(upload);
        return upload;
    }

    /// <summary>A blob has come: by upload or by mount.</summary>
    public void Link(string digest)
    {
        Links.Add(digest);
        foreach (var manifest in Manifests.Values)
        {
            manifest.Find(child: false, digest);
        }
    }

    public Reply DeleteBlob(string digest)
    {
        if (!Links.Contains(digest))
        {
            return new(404, "BLOB_UNKNOWN");
        }

        if (Visible.Any(manifest => manifest.HoldsBlob(digest)))
        {
            return new(405, "UNSUPPORTED");
        }

        Links.Remove(digest);
        return new(202);
    }

    /// <summary>Everything or nothing: the manifest, and each of the tags.</summary>
    public Reply Put(SampleManifest sample, IReadOnlyList<string> tags, Func<string?, bool> condition)
    {
        if (sample.Names.Any(name => IsRequired(name.Kind) && !Shows(name)))
        {
            return new(400, "MANIFEST_BLOB_UNKNOWN");
        }

        if (!tags.All(tag => condition(Tags.GetValueOrDefault(tag))))
        {
            return new(412, "DENIED");
        }

        Store(sample);
        foreach (var tag in tags)
        {
            Untag(tag, sample.Digest);
            Tags[tag] = sample.Digest;
        }

        if (rules.CollectUntagged && tags.Count == 0)
        {
            Due.Add(sample.Digest);
        }

        Listed = true;
        return new(201);
    }

    public ReferenceManifest? Find(string digest) => Manifests.TryGetValue(digest, out var manifest) && !manifest.Deleted ? manifest : null;

    public Reply DeleteManifest(string digest)
    {
        if (Find(digest) is not { } manifest)
        {
            return new(404, "MANIFEST_UNKNOWN");
        }

        manifest.Deleted = true;
        foreach (var tag in Tags.Where(tag => tag.Value == digest).Select(tag => tag.Key).ToList())
        {
            Tags.Remove(tag);
        }

        Due.Add(digest);
        return new(202);
    }

    public Reply DeleteTag(string tag)
    {
        Untag(tag, null);
        return Tags.Remove(tag) ? new(202) : new(404, "MANIFEST_UNKNOWN");
    }

    public IEnumerable<string> Referrers(string subject, string? artifactType) => Visible
        .Where(manifest => manifest.Sample.Subject == subject && (artifactType is null || manifest.Sample.ArtifactType == artifactType))
        .Select(manifest => manifest.Sample.Digest).Order(StringComparer.Ordinal);

    /// <summary>The repository is deleted: none of its sessions goes on or is answered again.</summary>
    public void End()
    {
        Links.Clear();
        Uploads.ForEach(upload => upload.End());
    }

    /// <summary>One round over what is due. What a manifest was the last to hold is due next.</summary>
    public void Review()
    {
        foreach (var digest in Due.ToList())
        {
            Due.Remove(digest);
            if (Manifests.TryGetValue(digest, out var manifest) && IsGarbage(manifest))
            {
                Remove(manifest);
            }
        }
    }

    /// <summary>Without leases, a blob is shown for as long as a manifest holds it.</summary>
    public void DropLinks() => Links.IntersectWith(HeldBlobs.ToList());

    private bool IsRequired(Named kind) => kind switch
    {
        Named.Foreign => false,
        Named.Child or Named.Entry => !rules.Sparse,
        _ => true,
    };

    private bool Shows(Name name) => name.Kind == Named.Child ? Find(name.Digest) is not null : Links.Contains(name.Digest);

    // A deleted manifest comes back as it was; what it names has been looked for again.
    private void Store(SampleManifest sample)
    {
        if (!Manifests.TryGetValue(sample.Digest, out var manifest))
        {
            Manifests[sample.Digest] = manifest = new ReferenceManifest(sample);
        }

        manifest.Deleted = false;
        foreach (var name in sample.Names.Where(Shows))
        {
            manifest.Find(name.Kind == Named.Child, name.Digest);
        }

        foreach (var parent in Manifests.Values)
        {
            parent.Find(child: true, sample.Digest);
        }
    }

    private void Untag(string tag, string? next)
    {
        if (rules.CollectUntagged && Tags.TryGetValue(tag, out var current) && current != next)
        {
            Due.Add(current);
        }
    }

    private bool IsGarbage(ReferenceManifest manifest)
    {
        var digest = manifest.Sample.Digest;
        if (Tags.ContainsValue(digest) || Visible.Any(parent => parent.HoldsChild(digest)))
        {
            return false;
        }

        return manifest.Deleted || (rules.CollectUntagged && (manifest.Sample.Subject is not { } subject || Find(subject) is null));
    }

    private void Remove(ReferenceManifest manifest)
    {
        var digest = manifest.Sample.Digest;
        Manifests.Remove(digest);
        foreach (var parent in Manifests.Values)
        {
            parent.Lose(digest);
        }

        Due.UnionWith(manifest.Holds.Where(name => name.Kind == Named.Child).Select(name => name.Digest));
        Due.UnionWith(Manifests.Values.Where(other => other.Sample.Subject == digest).Select(other => other.Sample.Digest));
    }
}
