using Registry.Auth.Audit;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;

namespace Registry.Auth.Identities;

/// <summary>Namespaces, and whether their repositories are public.</summary>
public sealed class NamespaceStore(Database database)
{
    private const string Columns = "id as Id, name as Name, visibility as Visibility, created_at as CreatedAt";

    /// <summary>The namespace of that name, or null.</summary>
    public async Task<RepositoryNamespace?> FindAsync(string name, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return (await session.FirstAsync<Row>($"select {Columns} from namespace where name = @name", new { name }))?.Namespace;
    }

    /// <summary>Namespaces in the order of their names.</summary>
    public async Task<IReadOnlyList<RepositoryNamespace>> ListAsync(string after, int limit, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var rows = await session.QueryAsync<Row>($"select {Columns} from namespace where name > @after order by name limit @limit", new { after, limit });
        return rows.Select(row => row.Namespace).ToList();
    }

    /// <summary>A new namespace; null when the name is taken.</summary>
    public Task<RepositoryNamespace?> CreateAsync(Author by, string name, bool isPublic, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var row = await session.FirstAsync<Row>(
                $"""
                insert into namespace (name, visibility, created_at) values (@name, @visibility, now_ms())
                on conflict (name) do nothing returning {Columns}
                """,
                new { name, visibility = isPublic ? 1L : 0L });
            if (row is not null)
            {
                await AuditStore.AppendAsync(session, by.Did("namespace.create", name, new { isPublic }));
            }

            return row?.Namespace;
        },
        cancellationToken);

    /// <summary>Makes a namespace public or private, with all repositories that do not say otherwise; null when there is none.</summary>
    public Task<RepositoryNamespace?> ChangeAsync(Author by, string name, bool isPublic, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // The lock waits for repositories that are being made here, and they for it: none is left behind.
            var row = await session.FirstAsync<Row>($"select {Columns} from namespace where name = @name {database.Dialect.ForUpdate}", new { name });
            if (row is null)
            {
                return null;
            }

            await session.ExecuteAsync(
                """
                update namespace set visibility = @visibility where id = @Id;
                update repository_name set public = @visibility where namespace_id = @Id
                  and repository_id in (select id from repository where namespace_id = @Id and visibility is null)
                """,
                new { visibility = isPublic ? 1L : 0L, row.Id });
            await AuditStore.AppendAsync(session, by.Did("namespace.visibility", name, new { isPublic }));
            return row.Namespace with { IsPublic = isPublic };
        },
        cancellationToken);

    /// <summary>Removes a namespace with its robots and all grants on names in it; false when there is none.</summary>
    /// <exception cref="OciException">There is a repository in it.</exception>
    public Task<bool> RemoveAsync(Author by, string name, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // Whoever makes something in it holds the row: it is waited for and seen, or makes the namespace anew.
            if (await session.FirstAsync<long?>($"select id from namespace where name = @name {database.Dialect.ForUpdate}", new { name }) is not { } id)
            {
                return false;
            }

            if (await session.FirstAsync<string>("select name from repository_name where namespace_id = @id order by name limit 1", new { id }) is { } repository)
            {
                throw ManagementError.NotEmpty(name, repository);
            }

            var grants = await GrantStore.RemoveWithinAsync(session, database.Dialect, name);
            var robots = await RobotStore.RemoveAllAsync(session, database.Dialect, id);
            await NamespaceRow.RemoveAsync(session, id);
            await AuditStore.AppendAsync(session, by.Did("namespace.remove", name, new { grants, robots }));
            return true;
        },
        cancellationToken);

    private sealed record Row(long Id, string Name, long Visibility, long CreatedAt)
    {
        public RepositoryNamespace Namespace => new(Name, Visibility == 1, CreatedAt);
    }
}
