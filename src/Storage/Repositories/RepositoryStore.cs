using Dapper;
using Registry.Storage.Manifests;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Storage.Repositories;

/// <summary>
/// The names of repositories. A repository appears with its first upload, is listed once it has held a manifest, and vanishes
/// when it never held one and nothing else is left of it.
/// </summary>
public sealed class RepositoryStore(Database database)
{
    // SQLite takes 500 terms in a compound select, and PostgreSQL plans each.
    private const int RangesPerStatement = 50;

    /// <summary>A page of the listed names after <paramref name="last"/>, in byte order, at most one more than <paramref name="count"/>.</summary>
    /// <param name="asker">Who asks: it sees what it may pull.</param>
    /// <param name="last">The name before the page; empty for the first page.</param>
    /// <param name="count">The size of the page.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public Task<IReadOnlyList<string>> ListAsync(Asker asker, string last, int count, CancellationToken cancellationToken) =>
        FindAsync(asker, last, count + 1, pattern: null, cancellationToken);

    /// <summary>Listed names that contain <paramref name="term"/>, in byte order, at most <paramref name="count"/>.</summary>
    public Task<IReadOnlyList<string>> SearchAsync(Asker asker, string term, int count, CancellationToken cancellationToken)
    {
        var pattern = "%" + term.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal)
            .Replace("_", "\\_", StringComparison.Ordinal) + "%";
        return FindAsync(asker, string.Empty, count, pattern, cancellationToken);
    }

    private async Task<IReadOnlyList<string>> FindAsync(
        Asker asker, string last, int limit, string? pattern, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        while (true)
        {
            var (standing, names) = await FindAsync(session, asker, last, limit, pattern);
            if (await asker.AuthorizeListAsync(session, standing))
            {
                return names;
            }
        }
    }

    /// <summary>
    /// One branch for each range, and one for what is public: each is a walk along an index that ends with the page, however many
    /// names there are.
    /// </summary>
    private static async Task<(long? Standing, IReadOnlyList<string> Names)> FindAsync(
        Session session, Asker asker, string last, int limit, string? pattern)
    {
        var visible = asker.Visible;
        var standing = default(long?);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        var isFirst = true;
        foreach (var ranges in visible.Ranges.Where(range => string.CompareOrdinal(range.To, last) > 0).Chunk(RangesPerStatement).DefaultIfEmpty([]))
        {
            var (sql, parameters) = Statement(ranges, isFirst && visible.Public, pattern);
            parameters.AddDynamicParams(new { last, limit, pattern, credential = asker.Credential });
            var rows = await session.QueryAsync<NameRow>(sql, parameters);
            standing = RepositoryFacts.StandingOf(rows[0].Standing);
            found.UnionWith(rows.Select(row => row.Name).OfType<string>());
            isFirst = false;

            // Ranges come in order: what is left begins after all that has been found.
            if (ranges.Length > 0 && found.Count >= limit && string.CompareOrdinal(found.ElementAt(limit - 1), ranges[^1].To) < 0)
            {
                break;
            }
        }

        return (standing, found.Take(limit).ToList());
    }

    // At least one row, so that who asks is known in any case.
    private static (string Sql, DynamicParameters Parameters) Statement(NameRange[] ranges, bool withPublic, string? pattern)
    {
        var like = pattern is null ? string.Empty : "and name like @pattern escape '\\'";
        var parameters = new DynamicParameters();
        var branches = new List<string>();
        if (withPublic)
        {
            branches.Add(Branch("public = 1"));
        }

        foreach (var (i, range) in ranges.Index())
        {
            parameters.Add($"from{i}", range.From);
            parameters.Add($"to{i}", range.To);
            branches.Add(Branch($"name >= @from{i} and name < @to{i}"));
        }

        var names = branches.Count > 0 ? string.Join(" union ", branches) : "select name from repository_name where 1 = 0";
        return (
            $"""
            select l.name as Name, {RepositoryFacts.StandingColumn} as Standing
            from (select 1 as present) one left join ({names} order by 1 limit @limit) l on 1 = 1 order by l.name
            """,
            parameters);

        string Branch(string condition) =>
            $"select name from (select name from repository_name where listed = 1 and name > @last and {condition} {like} order by name limit @limit) b";
    }

    /// <summary>Whether the asker may go on, by itself: before a body is taken.</summary>
    public async Task AuthorizeAsync(Asker asker, RepositoryName name, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        await asker.AuthorizeAsync(session, name, await RepositoryFacts.FindAsync(session, name, asker));
    }

    /// <summary>
    /// Takes a repository out of sight, with all that is in it. Its name is free at once: a repository that gets it is another one.
    /// Collection empties it in the background; what other repositories show of it stays.
    /// </summary>
    /// <param name="name">The repository.</param>
    /// <param name="credential">The credential that was shown; 0 for none.</param>
    /// <param name="authorize">Throws when whoever asks may not, by what the transaction has found; may be run again.</param>
    /// <param name="origin">Who deletes it, for the record of events.</param>
    /// <param name="record">What else belongs to the transaction, such as a line of the audit; may be run again. Null for nothing.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    /// <returns>False when there is no such repository.</returns>
    public Task<bool> DeleteAsync(
        RepositoryName name,
        long credential,
        Func<Session, RepositoryFacts, ValueTask> authorize,
        Origin origin,
        Func<Session, Task>? record,
        CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                var facts = await RepositoryFacts.FindAsync(session, name, credential);
                await authorize(session, facts);
                if (facts.Id is not { } id || !await new RepositoryDelete(session, database.Dialect, id).RunAsync(origin))
                {
                    return false;
                }

                await (record?.Invoke(session) ?? Task.CompletedTask);
                return true;
            },
            cancellationToken);

    /// <summary>
    /// The repository of that name, which keeps it until the transaction ends: it is neither deleted nor does it vanish. Null when
    /// there is none.
    /// </summary>
    private static Task<long?> HoldAsync(Session session, Dialect dialect, RepositoryName name) => session.FirstAsync<long?>(
        $"select repository_id from repository_name where name = @name {dialect.ForKeyShare}", new { name = name.Value });

    /// <summary>The repository of that name for a write, made if there is none, when the asker may.</summary>
    internal static async Task<long> OpenAsync(Session session, Dialect dialect, RepositoryName name, Asker asker)
    {
        var facts = await RepositoryFacts.HoldAsync(session, dialect, name, asker);
        await asker.AuthorizeAsync(session, name, facts);
        return facts.Id ?? await CreateAsync(session, dialect, name);
    }

    /// <summary>Makes the repository, and its namespace, if there is none of that name.</summary>
    internal static async Task<long> CreateAsync(Session session, Dialect dialect, RepositoryName name)
    {
        var space = await NamespaceRow.HoldAsync(session, dialect, name.Namespace);
        while (true)
        {
            var id = await session.FirstAsync<long>("insert into repository (namespace_id, created_at) values (@space, now_ms()) returning id", new { space });
            var named = await session.ExecuteAsync(
                """
                insert into repository_name (name, repository_id, namespace_id, public, created_at)
                select @name, @id, s.id, s.visibility, now_ms() from namespace s where s.id = @space on conflict (name) do nothing
                """,
                new { name = name.Value, id, space });
            if (named == 1)
            {
                return id;
            }

            // Somebody was faster.
            await session.ExecuteAsync("delete from repository where id = @id", new { id });
            if (await HoldAsync(session, dialect, name) is { } other)
            {
                return other;
            }

            // And it is gone again.
        }
    }

    /// <summary>Removes a repository that never held a manifest and has no upload, blob, grant or setting any more.</summary>
    internal static async Task VanishAsync(Session session, long id, Dialect dialect)
    {
        // Locked first, looked at in later statements: an upload that starts meanwhile waits, or is seen.
        if (await session.FirstAsync<string>(
            $"select name from repository_name where repository_id = @id and listed = 0 {dialect.ForUpdate}", new { id }) is null)
        {
            return;
        }

        var removed = await session.ExecuteAsync(
            """
            delete from repository_name where repository_id = @id and listed = 0
              and not exists (select 1 from upload where repository_id = @id)
              and not exists (select 1 from repository_blob where repository_id = @id)
              and not exists (select 1 from role_grant where repository_id = @id)
              and not exists (select 1 from repository where id = @id and visibility is not null)
            """,
            new { id });
        if (removed > 0)
        {
            await session.ExecuteAsync("delete from repository where id = @id", new { id });
        }
    }

    private sealed record NameRow(string? Name, long Standing);
}
