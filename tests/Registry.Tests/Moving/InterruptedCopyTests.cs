using Registry.Tests.Wire;

namespace Registry.Tests.Moving;

/// <summary>A copy that is killed, refused or spoilt has changed nothing, and says what to do.</summary>
[Trait("Needs", "postgres")]
public sealed class InterruptedCopyTests
{
    [Theory]
    [InlineData("BeforeCommit")]
    [InlineData("AfterCommit")]
    [InlineData("AfterFolderSync")]
    public async Task Killed_anywhere_it_is_run_again(string faultPoint)
    {
        await using var registry = await MovedRegistry.CreateAsync();
        await using (var app = await registry.StartAsync(Engine.Sqlite))
        {
            await app.Repository("team/app").PushImageAsync("v1");
        }

        var kills = 0;
        while (File.Exists(registry.SqliteFile) && await DiesAsync(registry, $"{faultPoint}:{kills + 1}"))
        {
            kills++;
            Assert.True(!File.Exists(registry.MovedFile) || await registry.TablesInPostgresAsync() > 0, "the old database is retired before the new one is there");
        }

        Assert.True(kills > 0, $"{faultPoint} was never reached");
        Assert.False(File.Exists(registry.SqliteFile));
        await using var moved = await registry.StartAsync(Engine.Postgres);
        using var manifest = await moved.Repository("team/app").GetManifestAsync("v1");
        await OciAssert.StatusAsync(manifest, System.Net.HttpStatusCode.OK);
    }

    [Fact]
    public async Task It_is_refused_while_a_registry_runs()
    {
        await using var registry = await MovedRegistry.CreateAsync();
        await using var app = await registry.StartAsync(Engine.Sqlite);

        Assert.Contains("no other registry is using", await registry.RefuseAsync(), StringComparison.Ordinal);

        Assert.Equal(0, await registry.TablesInPostgresAsync());
    }

    [Fact]
    public async Task It_is_refused_where_the_target_has_something_else()
    {
        await using var registry = await MovedRegistry.CreateAsync();
        await registry.StartOnceAsync();
        await registry.StartOnceAsync(Engine.Postgres);
        var keys = await registry.Postgres.NumberAsync("select count(*) from signing_key");

        Assert.Contains("name an empty one", await registry.RefuseAsync(), StringComparison.Ordinal);

        Assert.Equal(keys, await registry.Postgres.NumberAsync("select count(*) from signing_key"));
        await registry.StartOnceAsync();
    }

    [Fact]
    public async Task It_is_refused_where_tables_of_another_program_are()
    {
        await using var registry = await MovedRegistry.CreateAsync();
        await registry.StartOnceAsync();
        await registry.Postgres.ExecuteAsync("create table migration (number bigint)");

        Assert.Contains("name an empty one", await registry.RefuseAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_that_does_not_store_what_it_is_given_is_found_out()
    {
        await using var registry = await MovedRegistry.CreateAsync();
        await using (var app = await registry.StartAsync(Engine.Sqlite))
        {
            await app.Repository("team/app").PushImageAsync("v1");
        }

        await registry.Postgres.ExecuteAsync(
            """
            create function spoil() returns trigger language plpgsql as $$ begin new.tag := new.tag || '!'; return new; end $$;
            create function lay() returns event_trigger language plpgsql as $$ begin
                if exists (select 1 from pg_event_trigger_ddl_commands() where object_identity = 'public.tag_event') then
                    create trigger spoil before insert on tag_event for each row execute function spoil();
                end if;
            end $$;
            create event trigger lay on ddl_command_end when tag in ('CREATE TABLE') execute function lay();
            """);

        Assert.Contains("tag_event: 1 rows were read, and the 1 rows that PostgreSQL has stored are not the same", await registry.RefuseAsync(), StringComparison.Ordinal);

        Assert.Equal(0, await registry.TablesInPostgresAsync());
        await registry.StartOnceAsync();
    }

    [Fact]
    public async Task What_PostgreSQL_does_not_take_is_named()
    {
        await using var registry = await MovedRegistry.CreateAsync();
        await registry.StartOnceAsync();
        await new Sql(Engine.Sqlite, registry.Directory, null).ExecuteAsync("insert into audit (at, action, result) values (1, 'a' || char(0) || 'b', 'ok')");

        var message = await registry.RefuseAsync();

        Assert.Contains("audit: PostgreSQL refuses it: ", message, StringComparison.Ordinal);
        Assert.Contains("column action", message, StringComparison.Ordinal);
        Assert.Equal(0, await registry.TablesInPostgresAsync());
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=a", "the PostgreSQL database cannot be used: ")]
    [InlineData("Host=127.0.0.1;Colour=red", "the connection string cannot be read: ")]
    public async Task A_target_that_is_none_is_an_error_of_one_sentence(string to, string message)
    {
        await using var registry = await MovedRegistry.CreateAsync();
        Assert.Contains("there is no ", await registry.RefuseAsync(to), StringComparison.Ordinal);
        await registry.StartOnceAsync();

        Assert.Contains(message, await registry.RefuseAsync(to), StringComparison.Ordinal);

        await registry.StartOnceAsync();
    }

    [Fact]
    public async Task Nobody_goes_on_with_what_has_been_moved()
    {
        await using var registry = await MovedRegistry.CreateAsync();
        await registry.StartOnceAsync();
        await registry.CopyAsync();

        Assert.Contains("have been moved already", await registry.RefuseAsync(), StringComparison.Ordinal);
        await using var wrong = await RegistryProcess.RunToExitAsync(Engine.Sqlite, ("DataDirectory", registry.Directory));

        Assert.Equal(1, wrong.ExitCode);
        Assert.StartsWith("registry: ConnectionStrings:Postgres is not set", wrong.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(registry.SqliteFile));
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_left_alone()
    {
        await using var registry = await MovedRegistry.CreateAsync();
        await registry.StartOnceAsync();
        await new Sql(Engine.Sqlite, registry.Directory, null).ExecuteAsync("insert into migration (number, applied_at) values (9999, 1)");

        Assert.Contains("written by a newer version", await registry.RefuseAsync(), StringComparison.Ordinal);
        await using var start = await RegistryProcess.RunToExitAsync(Engine.Sqlite, ("DataDirectory", registry.Directory));

        Assert.Equal(1, start.ExitCode);
        Assert.StartsWith("registry: the database has schema 9999", start.Errors, StringComparison.Ordinal);
    }

    private static async Task<bool> DiesAsync(MovedRegistry registry, string faultPoint)
    {
        await using var process = await RegistryCommandLine.EndAsync(
            registry.Directory, null, ["metadata", "copy", $"--to={registry.Target}"], ("REGISTRY_FAULT_POINT", faultPoint));
        Assert.True(process.ExitCode is 0 || process.Errors.Contains("killed at fault point", StringComparison.Ordinal), process.Errors);
        return process.ExitCode is not 0;
    }
}
