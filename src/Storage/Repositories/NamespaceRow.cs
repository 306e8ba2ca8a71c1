using Registry.Storage.Metadata;

namespace Registry.Storage.Repositories;

/// <summary>The rows of namespaces, which repositories and grants hang on.</summary>
public static class NamespaceRow
{
    /// <summary>The id of a namespace, which is made if there is none, and is not removed until the transaction ends.</summary>
    public static async Task<long> HoldAsync(Session session, Dialect dialect, string name)
    {
        while (true)
        {
            if (await session.FirstAsync<long?>($"select id from namespace where name = @name {dialect.ForKeyShare}", new { name }) is { } id)
            {
                return id;
            }

            // Somebody may be faster, and somebody else may remove it again.
            await session.ExecuteAsync(
                "insert into namespace (name, created_at) values (@name, now_ms()) on conflict (name) do nothing", new { name });
        }
    }

    /// <summary>
    /// Takes a namespace away. What remains of the repositories that were deleted in it, they are still being emptied and tell who
    /// did it, then belongs to one without a name, which nobody can ask for.
    /// </summary>
    /// <param name="session">The transaction, which has the row locked and has found no repository in it.</param>
    /// <param name="id">The namespace; nothing but deleted repositories refers to it any more.</param>
    public static Task<int> RemoveAsync(Session session, long id) => session.ExecuteAsync(
        """
        insert into namespace (name, created_at) select '', now_ms() from repository where namespace_id = @id limit 1 on conflict (name) do nothing;
        update repository set namespace_id = (select id from namespace where name = '') where namespace_id = @id;
        delete from namespace where id = @id
        """,
        new { id });
}
