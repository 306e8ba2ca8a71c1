using Registry.Auth.Audit;
using Registry.Storage.Metadata;

namespace Registry.Auth.Identities;

/// <summary>What is set of a repository.</summary>
/// <param name="Name">The name.</param>
/// <param name="IsPublic">Whether it may be pulled without a grant.</param>
/// <param name="IsInherited">Whether it is so because its namespace is.</param>
/// <param name="CreatedAt">Since when there is this repository, in milliseconds since 1970.</param>
public sealed record RepositorySettings(string Name, bool IsPublic, bool IsInherited, long CreatedAt);

/// <summary>Whether repositories are public.</summary>
public sealed class RepositorySettingsStore(Database database)
{
    private const string Columns =
        "n.name as Name, n.public as Public, r.visibility as Visibility, n.created_at as CreatedAt, r.id as Id, r.namespace_id as NamespaceId";

    private const string From = "from repository_name n join repository r on r.id = n.repository_id";

    /// <summary>Those of these names that are there, in the order of the names.</summary>
    public async Task<IReadOnlyList<RepositorySettings>> FindAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        if (names.Count == 0)
        {
            return [];
        }

        await using var session = await database.ReadAsync(cancellationToken);
        var rows = await session.QueryAsync<Row>(
            $"select {Columns} {From} where {database.Dialect.In("n.name", "@names")} order by n.name", new { names = names.ToArray() });
        return rows.Select(row => row.Settings).ToList();
    }

    /// <summary>Makes a repository public or private, or as its namespace (null); null when there is none of that name.</summary>
    public Task<RepositorySettings?> ChangeAsync(Author by, string name, bool? isPublic, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await FindAsync(session, name) is not { NamespaceId: var space })
            {
                return null;
            }

            // As when the namespace changes: one of the two sees the other.
            await session.FirstAsync<long?>($"select id from namespace where id = @space {database.Dialect.ForUpdate}", new { space });
            var changed = await session.ExecuteAsync(
                "update repository set visibility = @visibility where id = (select repository_id from repository_name where name = @name)",
                new { visibility = isPublic is { } value ? (value ? 1L : 0L) : (long?)null, name });
            if (changed == 0)
            {
                return null;
            }

            await session.ExecuteAsync(
                """
                update repository_name set public = (
                  select coalesce(r.visibility, s.visibility) from repository r join namespace s on s.id = r.namespace_id where r.id = repository_name.repository_id)
                where name = @name
                """,
                new { name });
            await AuditStore.AppendAsync(session, by.Did("repository.visibility", name, new { isPublic }));
            return (await FindAsync(session, name))?.Settings;
        },
        cancellationToken);

    private static Task<Row?> FindAsync(Session session, string name) =>
        session.FirstAsync<Row>($"select {Columns} {From} where n.name = @name", new { name });

    private sealed record Row(string Name, long Public, long? Visibility, long CreatedAt, long Id, long NamespaceId)
    {
        public RepositorySettings Settings => new(Name, Public == 1, Visibility is null, CreatedAt);
    }
}
