using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Storage.Repositories;

/// <summary>
/// Who wants something of a repository. A store hands over what the answering statement has found before it uses any of it, so
/// that permission is decided by the row that is served, in the transaction that changes it. What a subject may do is the business
/// of the layer above, which is why this is abstract.
/// </summary>
public abstract class Asker
{
    /// <summary>The credential that was shown; 0 for none.</summary>
    public abstract long Credential { get; }

    /// <summary>The subject that has signed in; 0 for nobody. An upload session belongs to the subject that opened it.</summary>
    public abstract long Subject { get; }

    /// <summary>Whether tags of the repository that has been authorised may be moved to another manifest.</summary>
    public abstract bool MayOverwrite { get; }

    /// <summary>Where everything may be pulled by right of the asker.</summary>
    public abstract IReadOnlyList<NameRange> Readable { get; }

    /// <summary>Returns when the request may go on, in a repository that may have to be made first.</summary>
    /// <param name="session">For the rare look at what has changed about the subject. No reader is open on it.</param>
    /// <param name="name">The repository.</param>
    /// <param name="facts">What the statement has found.</param>
    /// <exception cref="Exception">The request is refused; the layer above knows its answer.</exception>
    public abstract ValueTask AuthorizeAsync(Session session, RepositoryName name, RepositoryFacts facts);

    /// <summary>
    /// Whether the repository may be pulled, as far as that is known before it is looked for. Where not, a statement looks for nothing
    /// in it, so that what is hidden takes as long as what is missing (S22). A guess: what it was wrong about is looked for again.
    /// </summary>
    public abstract bool ExpectsToPull(RepositoryName name);

    /// <summary>Which repositories a list shows to the asker, as far as it is known.</summary>
    public abstract VisibleNames Visible { get; }

    /// <summary>Returns whether a list that was made with <see cref="Visible"/> may be shown; else it is to be made again.</summary>
    /// <exception cref="Exception">The request is refused; the layer above knows its answer.</exception>
    public abstract ValueTask<bool> AuthorizeListAsync(Session session, long? standing);

    /// <summary>Whether the blobs of another repository may be mounted.</summary>
    public abstract ValueTask<bool> MayPullAsync(Session session, RepositoryName name, RepositoryFacts facts);
}
