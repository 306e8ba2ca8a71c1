using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Storage.Mirror;

/// <summary>When manifests of upstreams were last pulled.</summary>
public sealed class PullStore(Database database)
{
    /// <summary>Writes down what was pulled, in one transaction. What is not there any more is left out.</summary>
    public Task RecordAsync(IReadOnlyCollection<Pull> pulls, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // In one order, so that replicas which write at the same moment wait for each other and not in a circle.
            foreach (var pull in pulls.OrderBy(pull => pull.Name, StringComparer.Ordinal).ThenBy(pull => pull.Digest.Text, StringComparer.Ordinal))
            {
                await session.ExecuteAsync(
                    """
                    insert into manifest_pull (manifest_id, pulled_at)
                    select m.id, @At from repository_name n join manifest m on m.repository_id = n.repository_id and m.digest = @key where n.name = @Name
                    on conflict (manifest_id) do update set pulled_at = excluded.pulled_at where manifest_pull.pulled_at < excluded.pulled_at
                    """,
                    new { pull.Name, key = pull.Digest.Key, pull.At });
            }

            return 0;
        },
        Durability.Relaxed,
        cancellationToken);
}

/// <summary>A manifest that was pulled.</summary>
/// <param name="Name">Its repository.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="At">When, in milliseconds since 1970.</param>
public sealed record Pull(string Name, Digest Digest, long At);
