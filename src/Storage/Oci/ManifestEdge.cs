namespace Registry.Storage.Oci;

/// <summary>What a manifest names at one place, as stored in <c>manifest_edge.kind</c>.</summary>
public enum EdgeKind
{
    /// <summary>The config of an image manifest: a blob.</summary>
    Config = 1,

    /// <summary>A layer: a blob.</summary>
    Layer = 2,

    /// <summary>An entry of an index that is itself a manifest.</summary>
    Child = 3,

    /// <summary>An entry of an index that is a blob, as in BuildKit's registry cache.</summary>
    Entry = 4,

    /// <summary>A layer that need not have been pushed (image-spec, "Non-Distributable Layers").</summary>
    Foreign = 5,
}

/// <summary>One reference from a manifest to what it is made of. The subject is not among them: it is never required.</summary>
public readonly record struct ManifestEdge(EdgeKind Kind, Digest Digest);
