using Registry.Auth.Audit;
using Registry.Auth.Permissions;
using Registry.Storage.Metadata;
using Registry.Storage.Repositories;

namespace Registry.Auth.Identities;

/// <summary>
/// Grants. Each is named together with its namespace; only administrators, who may see all of them, name none. Somebody has one
/// grant on the same names: a new one takes the place of the old.
/// </summary>
public sealed class GrantStore(Database database)
{
    private const string Columns =
        """
        select g.id as Id, u.name as Subject, u.kind as Kind, t.name as Team, s.name as Namespace, n.name as Repository, g.prefix as Prefix,
          g.role as Role, g.overwrite as Overwrite, g.removal as Removal, g.created_at as CreatedAt
        from role_grant g
        left join subject u on u.id = g.subject_id left join team t on t.id = g.team_id
        left join namespace s on s.id = g.namespace_id left join repository_name n on n.repository_id = g.repository_id
        """;

    // Prefixes are compared as texts: what follows "name/" ends before "name0".
    private const string Within =
        """
        (@space = '' or s.name = @space or g.repository_id in (select r.id from repository r join namespace o on o.id = r.namespace_id where o.name = @space)
          or (g.prefix >= @from and g.prefix < @to))
        """;

    /// <summary>Grants in the order of their ids.</summary>
    /// <param name="space">Only those on names of this namespace; null for all.</param>
    /// <param name="after">The id before.</param>
    /// <param name="limit">How many.</param>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public async Task<IReadOnlyList<RoleGrant>> ListAsync(string? space, long after, int limit, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var rows = await session.QueryAsync<Row>(
            $"{Columns} where {Within} and g.id > @after order by g.id limit @limit",
            new { space = space ?? string.Empty, from = space + "/", to = space + "0", after, limit });
        return rows.Select(row => row.RoleGrant).ToList();
    }

    /// <summary>The grants that somebody has, own and through teams.</summary>
    public async Task<IReadOnlyList<RoleGrant>> ListAsync(long subject, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var rows = await session.QueryAsync<Row>(
            $"{Columns} where g.subject_id = @subject or g.team_id in (select team_id from team_member where subject_id = @subject) order by g.id",
            new { subject });
        return rows.Select(row => row.RoleGrant).ToList();
    }

    /// <summary>A grant on names of a namespace; null when there is none of that id.</summary>
    public async Task<RoleGrant?> FindAsync(string? space, long id, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return (await FindAsync(session, space, id))?.RoleGrant;
    }

    /// <summary>Gives a role; null when there is nobody of that name, or no repository of the name that the grant is on.</summary>
    public Task<RoleGrant?> AddAsync(Author by, Grantee to, Grant grant, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            // Whoever is concerned is locked before anything is looked at.
            if (await RaiseAsync(session, to) is not { } holder || await PlaceAsync(session, database.Dialect, grant.Names) is not { } place)
            {
                return null;
            }

            await session.ExecuteAsync(
                """
                delete from role_grant where (subject_id = @Subject or team_id = @Team)
                  and (namespace_id = @Namespace or repository_id = @Repository or prefix = @Prefix)
                """,
                new { holder.Subject, holder.Team, place.Namespace, place.Repository, place.Prefix });
            var id = await session.FirstAsync<long>(
                """
                insert into role_grant (subject_id, team_id, namespace_id, repository_id, prefix, role, overwrite, removal, created_at)
                values (@Subject, @Team, @Namespace, @Repository, @Prefix, @role, @overwrite, @removal, now_ms()) returning id
                """,
                new
                {
                    holder.Subject,
                    holder.Team,
                    place.Namespace,
                    place.Repository,
                    place.Prefix,
                    role = (long)grant.Role,
                    overwrite = Number(grant.Overwrite),
                    removal = Number(grant.Removal),
                });
            await AuditStore.AppendAsync(session, by.Did("grant.add", grant.Names.Text, Describe(to, grant)));
            return (await FindAsync(session, null, id))!.RoleGrant;
        },
        cancellationToken);

    /// <summary>Takes a role away; false when there is no grant of that id on names of the namespace.</summary>
    public Task<bool> RemoveAsync(Author by, string? space, long id, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await FindAsync(session, space, id) is not { RoleGrant: var found } || await RaiseAsync(session, found.To) is null)
            {
                return false;
            }

            if (await session.ExecuteAsync("delete from role_grant where id = @id", new { id }) == 0)
            {
                return false;
            }

            await AuditStore.AppendAsync(session, by.Did("grant.remove", found.Grant.Names.Text, Describe(found.To, found.Grant)));
            return true;
        },
        cancellationToken);

    /// <summary>Takes away all roles on names of a namespace; returns how many there were.</summary>
    internal static async Task<int> RemoveWithinAsync(Session session, Dialect dialect, string space)
    {
        var names = new { space, from = space + "/", to = space + "0" };
        var grants = await session.QueryAsync<Row>($"{Columns} where {Within} order by g.id {dialect.ForUpdateOf("g")}", names);
        foreach (var team in grants.Select(grant => grant.Team).OfType<string>().Distinct().Order(StringComparer.Ordinal))
        {
            await Epochs.RaiseMembersAsync(session, dialect, await session.FirstAsync<long>("select id from team where name = @team", new { team }));
        }

        foreach (var subject in grants.Select(grant => grant.Subject).OfType<string>().Distinct().Order(StringComparer.Ordinal))
        {
            await session.ExecuteAsync("update subject set epoch = epoch + 1 where name = @subject", new { subject });
        }

        foreach (var grant in grants)
        {
            await session.ExecuteAsync("delete from role_grant where id = @Id", new { grant.Id });
        }

        return grants.Count;
    }

    private static object Describe(Grantee to, Grant grant) => new
    {
        to = to.Subject ?? to.Team,
        kind = to.Team is not null ? "team" : to.Kind == SubjectKind.Robot ? "robot" : "user",
        role = grant.Role.ToString(),
        grant.Overwrite,
        grant.Removal,
    };

    private static Task<Row?> FindAsync(Session session, string? space, long id) => session.FirstAsync<Row>(
        $"{Columns} where {Within} and g.id = @id", new { space = space ?? string.Empty, from = space + "/", to = space + "0", id });

    private async Task<Holder?> RaiseAsync(Session session, Grantee to)
    {
        if (to.Team is not null)
        {
            var team = await session.FirstAsync<long?>("select id from team where name = @Team", new { to.Team });
            return team is { } id && await Epochs.RaiseMembersAsync(session, database.Dialect, id) ? new Holder(null, id) : null;
        }

        var subject = await session.FirstAsync<long?>(
            $"select id from subject where name = @Subject and kind = @kind {database.Dialect.ForUpdate}", new { to.Subject, kind = (long)to.Kind });
        if (subject is null)
        {
            return null;
        }

        await Epochs.RaiseAsync(session, subject.Value);
        return new Holder(subject, null);
    }

    private static async Task<Place?> PlaceAsync(Session session, Dialect dialect, NamePattern names)
    {
        if (names.Space is { } space)
        {
            return new Place(await NamespaceRow.HoldAsync(session, dialect, space), null, null);
        }

        if (names.Text.EndsWith('*'))
        {
            return new Place(null, null, names.Text[..^1]);
        }

        // Held: whoever deletes the repository waits, and takes this grant away as well.
        var repository = await session.FirstAsync<long?>(
            $"select repository_id from repository_name where name = @Text {dialect.ForKeyShare}", new { names.Text });
        return repository is null ? null : new Place(null, repository, null);
    }

    private static long? Number(bool? flag) => flag is { } value ? (value ? 1 : 0) : null;

    private sealed record Holder(long? Subject, long? Team);

    private sealed record Place(long? Namespace, long? Repository, string? Prefix);

    private sealed record Row(
        long Id, string? Subject, long? Kind, string? Team, string? Namespace, string? Repository, string? Prefix, long Role, long? Overwrite, long? Removal, long CreatedAt)
    {
        public RoleGrant RoleGrant => new(
            Id, new Grantee(Subject, (SubjectKind)(Kind ?? 0), Team), new Grant(Names, (Role)Role, Flag(Overwrite), Flag(Removal)), CreatedAt);

        private NamePattern Names =>
            Namespace is not null ? NamePattern.Namespace(Namespace)
            : Repository is not null ? NamePattern.Repository(Repository)
            : NamePattern.Prefix(Prefix!);

        private static bool? Flag(long? value) => value is { } number ? number != 0 : null;
    }
}
