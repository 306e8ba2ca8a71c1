using System.Globalization;

namespace Registry.Storage.Metadata;

/// <summary>The embedded, numbered SQL files that make the schema. Each is applied once, in order, in the caller's transaction.</summary>
internal static class Migrations
{
    private const string Folder = "Migrations/";

    public static async Task ApplyAsync(Session session, Dialect dialect)
    {
        await session.ExecuteAsync("create table if not exists migration (number bigint primary key, applied_at bigint not null)");
        var applied = await session.FirstAsync<long?>("select max(number) from migration") ?? 0;
        var newest = 0L;
        foreach (var (number, resource) in Embedded())
        {
            newest = number;
            if (number > applied)
            {
                // The prologue of an engine comes before its first table: PostgreSQL learns now_ms() there.
                await session.ExecuteAsync(dialect.Translate(Read(resource, dialect)));
                await session.ExecuteAsync("insert into migration (number, applied_at) values (@number, now_ms())", new { number });
            }
        }

        if (applied > newest)
        {
            throw new NewerSchemaException($"the database has schema {applied}, this program knows {newest}: it was written by a newer version; start that version");
        }
    }

    private static IEnumerable<(long Number, string Resource)> Embedded() =>
        from resource in typeof(Migrations).Assembly.GetManifestResourceNames()
        where resource.StartsWith(Folder, StringComparison.Ordinal)
        let number = long.Parse(resource.AsSpan(Folder.Length, 4), CultureInfo.InvariantCulture)
        orderby number
        select (number, resource);

    // Lines that begin with "--postgres" are for PostgreSQL only.
    private static string Read(string resource, Dialect dialect)
    {
        using var stream = typeof(Migrations).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        var sql = reader.ReadToEnd();
        return dialect == Dialect.Postgres ? sql.Replace("--postgres ", "", StringComparison.Ordinal) : sql;
    }
}
