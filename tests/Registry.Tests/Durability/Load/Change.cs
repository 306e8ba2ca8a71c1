namespace Registry.Tests.Durability.Load;

/// <summary>What a client asks one repository to become. Its text is a line of the ledger.</summary>
internal abstract record Change(string Repository)
{
    /// <summary>A manifest is there and a tag points to it.</summary>
    public sealed record Push(string Repository, string Digest, string Tag) : Change(Repository);

    /// <summary>A tag is gone; what it pointed to stays.</summary>
    public sealed record Untag(string Repository, string Tag) : Change(Repository);

    /// <summary>A manifest is gone, and every tag that pointed to it.</summary>
    public sealed record Delete(string Repository, string Digest) : Change(Repository);

    /// <summary>The repository is gone with all that was in it.</summary>
    public sealed record DeleteAll(string Repository) : Change(Repository);
}
