using System.Data.Common;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Storage.Repositories;

/// <summary>What the database says about a repository, and about who asks, in the statement that answers the request.</summary>
/// <param name="Id">The repository; null when there is none of that name.</param>
/// <param name="Listed">Whether it has held a manifest.</param>
/// <param name="Public">Whether it may be pulled without a grant.</param>
/// <param name="CreatedAt">When it was made, in milliseconds since 1970.</param>
/// <param name="Standing">
/// The epoch of the subject behind the asker's credential; null when the credential is revoked, has expired or its subject is
/// disabled. For an asker without a credential: null when no user exists at all.
/// </param>
public readonly record struct RepositoryFacts(long? Id, bool Listed, bool Public, long CreatedAt, long? Standing)
{
    /// <summary>
    /// The expression for <see cref="Standing"/>, 0 for null (SQLite has no type for a null that is computed); <c>@credential</c> is
    /// <see cref="Asker.Credential"/>.
    /// </summary>
    public const string StandingColumn =
        """
        coalesce(case when @credential = 0 then (select 1 from subject limit 1) else
          (select s.epoch from credential c join subject s on s.id = c.subject_id
           where c.id = @credential and c.revoked_at is null and (c.expires_at is null or c.expires_at > now_ms()) and s.disabled_at is null)
        end, 0)
        """;

    /// <summary>The columns that <see cref="Read"/> takes, in its order, of <c>repository_name n</c>.</summary>
    internal const string Columns =
        $"n.repository_id as Id, n.listed as Listed, n.public as Public, n.created_at as CreatedAt, {StandingColumn} as Standing";

    /// <summary>
    /// The repository in which a read may look for more; <c>@reads</c> is 1 where the asker expects to pull
    /// (<see cref="Asker.ExpectsToPull"/>). Null also where there is none.
    /// </summary>
    internal const string Readable = "case when @reads = 1 or n.public = 1 then n.repository_id end";

    /// <summary>How many columns <see cref="Read"/> takes.</summary>
    internal const int Count = 5;

    /// <summary>The repository's row, or a row of nulls where there is none, so that who asks is known in either case.</summary>
    internal const string From = "from (select 1 as present) one left join repository_name n on n.name = @name";

    /// <summary>Whether a statement has looked for all there is, given what it was told to expect.</summary>
    internal bool IsWhole(bool reads) => reads || Public || Id is null;

    internal static RepositoryFacts Read(DbDataReader reader, int first = 0) => reader.IsDBNull(first)
        ? new(null, false, false, 0, StandingOf(reader.GetInt64(first + 4)))
        : new(reader.GetInt64(first), reader.GetInt64(first + 1) == 1, reader.GetInt64(first + 2) == 1, reader.GetInt64(first + 3), StandingOf(reader.GetInt64(first + 4)));

    /// <summary>
    /// As <see cref="From"/>, for a transaction that brings something into the repository: until it ends the repository keeps its
    /// name, so that nothing comes into one that has been deleted meanwhile. One that is being deleted is waited for, and is then
    /// not there.
    /// </summary>
    internal static string FromHeld(Dialect dialect) =>
        $"from (select 1 as present) one left join (select * from repository_name where name = @name {dialect.ForKeyShare}) n on 1 = 1";

    /// <summary>The facts by themselves, within a transaction.</summary>
    internal static Task<RepositoryFacts> FindAsync(Session session, RepositoryName name, Asker asker) => FindAsync(session, name, asker.Credential);

    /// <inheritdoc cref="FindAsync(Session, RepositoryName, Asker)"/>
    internal static Task<RepositoryFacts> FindAsync(Session session, RepositoryName name, long credential) =>
        FindAsync(session, From, name, credential);

    /// <summary>The facts by themselves, of a repository that keeps its name (see <see cref="FromHeld"/>).</summary>
    internal static Task<RepositoryFacts> HoldAsync(Session session, Dialect dialect, RepositoryName name, Asker asker) =>
        FindAsync(session, FromHeld(dialect), name, asker.Credential);

    /// <summary>Whether the asker's credential holds, by itself (see <see cref="Standing"/>).</summary>
    public static async Task<long?> StandingAsync(Session session, long credential) =>
        StandingOf(await session.FirstAsync<long>($"select {StandingColumn}", new { credential }));

    /// <summary>The value of <see cref="StandingColumn"/>.</summary>
    internal static long? StandingOf(long value) => value == 0 ? null : value;

    private static async Task<RepositoryFacts> FindAsync(Session session, string from, RepositoryName name, long credential) =>
        (await session.FirstAsync<Row>($"select {Columns} {from}", new { name = name.Value, credential }))!.Facts;

    /// <summary>The columns as Dapper reads them.</summary>
    internal record Row(long? Id, long? Listed, long? Public, long? CreatedAt, long Standing)
    {
        public RepositoryFacts Facts => new(Id, Listed == 1, Public == 1, CreatedAt ?? 0, StandingOf(Standing));
    }
}
