using Registry.Auth.Audit;
using Registry.Auth.Tokens;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;

namespace Registry.Auth.Identities;

/// <summary>Robots: machines that belong to a namespace, and are always named together with it.</summary>
public sealed class RobotStore(Database database)
{
    private const string Columns = "r.id as Id, r.name as SignInName, r.disabled_at as DisabledAt, r.created_at as CreatedAt";

    private const string Found = "from subject r join namespace n on n.id = r.namespace_id where r.kind = 2 and n.name = @space";

    /// <summary>The robot of that name in the namespace, or null.</summary>
    public async Task<Robot?> FindAsync(string space, string robot, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return (await FindAsync(session, space, robot))?.Robot;
    }

    /// <summary>The robots of a namespace in the order of their names.</summary>
    public async Task<IReadOnlyList<Robot>> ListAsync(string space, string after, int limit, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var rows = await session.QueryAsync<Row>(
            $"select {Columns} {Found} and r.name > @after order by r.name limit @limit",
            new { space, after = SubjectName.OfRobot(space, after), limit });
        return rows.Select(row => row.Robot).ToList();
    }

    /// <summary>A new robot with its first secret; null when the name is taken or there is no such namespace.</summary>
    /// <exception cref="OciException">There is no user yet: a registry that is open must not become closed to everybody.</exception>
    public Task<(Robot Robot, IssuedSecret Secret)?> CreateAsync(
        Author by, string space, string robot, TimeSpan? lifetime, CancellationToken cancellationToken)
    {
        var secret = Secrets.Create(Secrets.Robot);
        return database.WriteAsync<(Robot, IssuedSecret)?>(
            async session =>
            {
                if (!await UserStore.AnyAsync(session))
                {
                    throw ManagementError.NoAdministrator();
                }

                var id = await session.FirstAsync<long?>(
                    $"""
                    insert into subject (kind, name, namespace_id, created_at) select 2, @name, id, now_ms() from namespace where name = @space {database.Dialect.ForKeyShare}
                    on conflict (name) do nothing returning id
                    """,
                    new { name = SubjectName.OfRobot(space, robot), space });
                if (id is null)
                {
                    return null;
                }

                var row = (await FindAsync(session, space, robot))!;
                var credential = await CredentialStore.InsertTokenAsync(session, row.Id, secret, name: null, limits: null, lifetime);
                await AuditStore.AppendAsync(session, by.Did("robot.create", row.SignInName, new { credential.ExpiresAt }));
                return (row.Robot, new IssuedSecret(credential.Credential, secret));
            },
            cancellationToken);
    }

    /// <summary>
    /// A new secret in place of the old one, with a lifetime as long; null when there is no such robot. The old one holds for the
    /// grace that is given, so that machines can be told one after the other.
    /// </summary>
    public Task<IssuedSecret?> RotateAsync(Author by, string space, string robot, TimeSpan grace, CancellationToken cancellationToken)
    {
        var secret = Secrets.Create(Secrets.Robot);
        return database.WriteAsync(
            async session =>
            {
                if (await LockAsync(session, space, robot) is not { } row)
                {
                    return null;
                }

                var lifetime = await session.FirstAsync<long?>(
                    "select expires_at - created_at from credential where subject_id = @Id and kind = 2 order by id desc limit 1", new { row.Id });
                await session.ExecuteAsync(
                    """
                    update credential set
                      revoked_at = case when @grace = 0 then now_ms() else null end,
                      expires_at = case when @grace = 0 or expires_at < now_ms() + @grace then expires_at else now_ms() + @grace end
                    where subject_id = @Id and kind = 2 and revoked_at is null
                    """,
                    new { grace = (long)grace.TotalMilliseconds, row.Id });
                var credential = await CredentialStore.InsertTokenAsync(
                    session, row.Id, secret, name: null, limits: null, lifetime is { } time ? TimeSpan.FromMilliseconds(time) : null);
                await AuditStore.AppendAsync(session, by.Did("robot.rotate", row.SignInName, new { graceSeconds = (long)grace.TotalSeconds }));
                return new IssuedSecret(credential.Credential, secret);
            },
            cancellationToken);
    }

    /// <summary>Disables or enables a robot; null when there is none of that name.</summary>
    public Task<Robot?> ChangeAsync(Author by, string space, string robot, bool disabled, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                if (await LockAsync(session, space, robot) is not { } row || row.Robot.IsDisabled == disabled)
                {
                    return (await FindAsync(session, space, robot))?.Robot;
                }

                await session.ExecuteAsync(
                    "update subject set epoch = epoch + 1, disabled_at = case when @disabled = 1 then now_ms() else null end where id = @Id",
                    new { disabled = disabled ? 1L : 0L, row.Id });
                await AuditStore.AppendAsync(session, by.Did(disabled ? "robot.disable" : "robot.enable", row.SignInName));
                return row.Robot with { IsDisabled = disabled };
            },
            cancellationToken);

    /// <summary>Removes a robot with its secrets and grants; false when there is none of that name.</summary>
    public Task<bool> RemoveAsync(Author by, string space, string robot, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await LockAsync(session, space, robot) is not { } row)
            {
                return false;
            }

            await UserStore.RemoveAsync(session, row.Id);
            await AuditStore.AppendAsync(session, by.Did("robot.remove", row.SignInName));
            return true;
        },
        cancellationToken);

    /// <summary>Removes the robots of a namespace, whose row is locked; returns how many there were.</summary>
    internal static async Task<int> RemoveAllAsync(Session session, Dialect dialect, long space)
    {
        var robots = await session.QueryAsync<long>($"select id from subject where namespace_id = @space order by id {dialect.ForUpdate}", new { space });
        foreach (var robot in robots)
        {
            await UserStore.RemoveAsync(session, robot);
        }

        return robots.Count;
    }

    private Task<Row?> LockAsync(Session session, string space, string robot) => session.FirstAsync<Row>(
        $"select {Columns} {Found} and r.name = @name {database.Dialect.ForUpdateOf("r")}", new { space, name = SubjectName.OfRobot(space, robot) });

    private static Task<Row?> FindAsync(Session session, string space, string robot) => session.FirstAsync<Row>(
        $"select {Columns} {Found} and r.name = @name", new { space, name = SubjectName.OfRobot(space, robot) });

    private sealed record Row(long Id, string SignInName, long? DisabledAt, long CreatedAt)
    {
        public Robot Robot => new(Id, SignInName, DisabledAt is not null, CreatedAt);
    }
}
