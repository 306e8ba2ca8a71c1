using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Mirror;

/// <summary>The mirror itself, which writes down what upstreams have. Its uploads are nobody else's.</summary>
internal sealed class MirrorAsker : Asker
{
    public static readonly MirrorAsker Instance = new();

    private MirrorAsker()
    {
    }

    public override long Credential => 0;

    // Subjects that have a row count from 1, and those that another server has named are hashes of 63 bits.
    public override long Subject => -1;

    public override bool MayOverwrite => true;

    public override IReadOnlyList<NameRange> Readable => [NameRange.All];

    public override VisibleNames Visible => VisibleNames.All;

    public override ValueTask AuthorizeAsync(Session session, RepositoryName name, RepositoryFacts facts) => ValueTask.CompletedTask;

    public override bool ExpectsToPull(RepositoryName name) => true;

    public override ValueTask<bool> AuthorizeListAsync(Session session, long? standing) => new(true);

    public override ValueTask<bool> MayPullAsync(Session session, RepositoryName name, RepositoryFacts facts) => new(true);
}
