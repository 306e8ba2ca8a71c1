using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Storage.Repositories;

/// <summary>
/// The names of repositories. A repository appears with its first upload, is listed once it has held a manifest, and vanishes
/// when it never held one and nothing else is left of it.
/// </summary>
public sealed class RepositoryStore(Database database)
{
    /// <summary>A page of the listed names after <paramref name="last"/>, in byte order, at most one more than <paramref name="count"/>.</summary>
    /// <param name="last">The name before the page; empty for the first page.</param>
    /// <param name="count">The size of the page.</param>
    /// <param name="ranges">What the caller may see.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public async Task<IReadOnlyList<string>> ListAsync(string last, int count, NameRange ranges, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.QueryAsync<string>(
            """
            select name from repository_name
            where listed = 1 and name > @last and name >= @from and name < @to order by name limit @limit
            """,
            new { last, from = ranges.From, to = ranges.To, limit = count + 1 });
    }

    /// <summary>Listed names that contain <paramref name="term"/>, in byte order, at most <paramref name="count"/>.</summary>
    public async Task<IReadOnlyList<string>> SearchAsync(string term, int count, NameRange ranges, CancellationToken cancellationToken)
    {
        var pattern = "%" + term.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal)
            .Replace("_", "\\_", StringComparison.Ordinal) + "%";
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.QueryAsync<string>(
            """
            select name from repository_name
            where listed = 1 and name like @pattern escape '\' and name >= @from and name < @to order by name limit @count
            """,
            new { pattern, from = ranges.From, to = ranges.To, count });
    }

    /// <summary>The repository of that name, made if there is none.</summary>
    internal static async Task<long> FindOrCreateAsync(Session session, RepositoryName name) =>
        await session.FirstAsync<long?>("select repository_id from repository_name where name = @name", new { name = name.Value })
        ?? await CreateAsync(session, name);

    /// <summary>Makes the repository, and its namespace, if there is none of that name.</summary>
    internal static async Task<long> CreateAsync(Session session, RepositoryName name)
    {
        var space = name.Namespace;
        await session.ExecuteAsync(
            "insert into namespace (name, created_at) values (@space, now_ms()) on conflict (name) do nothing", new { space });
        var id = await session.FirstAsync<long>(
            "insert into repository (namespace_id, created_at) select id, now_ms() from namespace where name = @space returning id",
            new { space });
        var named = await session.ExecuteAsync(
            "insert into repository_name (name, repository_id) values (@name, @id) on conflict (name) do nothing",
            new { name = name.Value, id });
        if (named == 1)
        {
            return id;
        }

        // Somebody was faster.
        await session.ExecuteAsync("delete from repository where id = @id", new { id });
        return await session.FirstAsync<long>(
            "select repository_id from repository_name where name = @name", new { name = name.Value });
    }

    /// <summary>Removes a repository that never held a manifest and has no upload and no blob any more.</summary>
    internal static async Task VanishAsync(Session session, long id, Dialect dialect)
    {
        if (await session.FirstAsync<long?>("select 1 from repository_name where repository_id = @id and listed = 0", new { id }) is null)
        {
            return;
        }

        // Locked first, looked at in later statements: an upload that starts meanwhile waits, or is seen.
        await session.ExecuteAsync($"select id from repository where id = @id {dialect.ForUpdate}", new { id });
        var removed = await session.ExecuteAsync(
            """
            delete from repository_name where repository_id = @id and listed = 0
              and not exists (select 1 from upload where repository_id = @id)
              and not exists (select 1 from repository_blob where repository_id = @id)
            """,
            new { id });
        if (removed > 0)
        {
            await session.ExecuteAsync("delete from repository where id = @id", new { id });
        }
    }
}
