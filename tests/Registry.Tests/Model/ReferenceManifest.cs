namespace Registry.Tests.Model;

/// <summary>A manifest that has been stored. Deleted, it is out of sight, and still keeps what it names until it is collected.</summary>
internal sealed class ReferenceManifest(SampleManifest sample)
{
    private readonly bool[] _found = new bool[sample.Names.Count];

    public SampleManifest Sample => sample;

    public bool Deleted { get; set; }

    /// <summary>What it names and what is, or has been, there.</summary>
    public IEnumerable<Name> Holds => sample.Names.Where((_, position) => _found[position]);

    public bool HoldsChild(string digest) => Holds.Contains(new Name(Named.Child, digest));

    public bool HoldsBlob(string digest) => Holds.Any(name => name.Kind != Named.Child && name.Digest == digest);

    /// <summary>What it names has come.</summary>
    public void Find(bool child, string digest) => Set(child, digest, true);

    /// <summary>The child it names is gone for good.</summary>
    public void Lose(string child) => Set(true, child, false);

    private void Set(bool child, string digest, bool found)
    {
        for (var position = 0; position < _found.Length; position++)
        {
            if (sample.Names[position].Digest == digest && (sample.Names[position].Kind == Named.Child) == child)
            {
                _found[position] = found;
            }
        }
    }
}
