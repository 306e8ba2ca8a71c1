namespace Registry.Tests.Model;

/// <summary>What the registry is told about keeping things.</summary>
/// <param name="Sparse">Indexes may name what is not there.</param>
/// <param name="CollectUntagged">Manifests that nothing holds are collected.</param>
internal sealed record Rules(bool Sparse, bool CollectUntagged);

/// <summary>What a request is answered: the status, and the code of the error if it is one.</summary>
internal readonly record struct Reply(int Status, string? Code = null);

/// <summary>
/// The registry as it should be, in memory and for one caller, with no time between an event and its effect. What a client
/// can see, and what has to be left in the tables after collection, follows from these few rules.
/// </summary>
internal sealed class ReferenceRegistry(Rules rules)
{
    public SortedDictionary<string, ReferenceRepository> Repositories { get; } = new(StringComparer.Ordinal);

    /// <summary>The repository of that name; one that does not exist has nothing in it.</summary>
    public ReferenceRepository this[string name]
    {
        get
        {
            if (!Repositories.TryGetValue(name, out var repository))
            {
                Repositories[name] = repository = new ReferenceRepository(rules);
            }

            return repository;
        }
    }

    /// <summary>What is in a deleted repository nobody sees any more, whoever gets its name; nothing holds it.</summary>
    public Reply Delete(string name)
    {
        var repository = this[name];
        if (!repository.Exists)
        {
            return new(404, "NOT_FOUND");
        }

        repository.End();
        Repositories.Remove(name);
        return new(204);
    }

    public IEnumerable<string> Listed => Repositories.Where(repository => repository.Value.Listed).Select(repository => repository.Key);

    /// <summary>Digests whose bytes are kept: a link or any manifest's row names them.</summary>
    public int Blobs => Repositories.Values.SelectMany(repository => repository.Links.Concat(repository.HeldBlobs)).Distinct().Count();

    /// <summary>Everything that nothing holds any more goes, and what only that has held, until there is no more of it.</summary>
    public void Collect()
    {
        while (Repositories.Values.Any(repository => repository.Due.Count > 0))
        {
            foreach (var repository in Repositories.Values)
            {
                repository.Review();
            }
        }

        foreach (var repository in Repositories.Values)
        {
            repository.DropLinks();
        }
    }
}
