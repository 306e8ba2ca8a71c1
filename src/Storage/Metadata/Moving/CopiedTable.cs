namespace Registry.Storage.Metadata.Moving;

/// <summary>A table as both engines have it. Which there are is read from the databases: a migration cannot be forgotten here.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Columns">All its columns.</param>
/// <param name="Identity">The column whose values the engine gives, or null.</param>
internal sealed record CopiedTable(string Name, IReadOnlyList<string> Columns, string? Identity)
{
    // Each database has its own rows about when it was brought up to date.
    private const string NotCopied = "migration";

    private string ColumnList => string.Join(", ", Columns.Select(column => $"\"{column}\""));

    // In brackets, for what SQLite does not know in quotes it takes for a text.
    public string SelectFromSqlite => $"select {string.Join(", ", Columns.Select(column => $"[{column}]"))} from [{Name}]";

    public string SelectFromPostgres => $"select {ColumnList} from \"{Name}\"";

    public string CopyIntoPostgres => $"copy \"{Name}\" ({ColumnList}) from stdin (format binary)";

    /// <summary>All tables of a PostgreSQL database, each behind those that its rows refer to.</summary>
    public static async Task<IReadOnlyList<CopiedTable>> ReadPostgresAsync(Session session)
    {
        var columns = await session.QueryAsync<ColumnRow>(
            """
            select c.relname::text as TableName, a.attname::text as ColumnName, a.attidentity <> '' as IsIdentity
            from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
              and a.attnum > 0 and not a.attisdropped
            order by c.relname, a.attnum
            """);
        var references = await session.QueryAsync<ReferenceRow>(
            """
            select distinct c.relname::text as FromTable, t.relname::text as ToTable
            from pg_constraint f join pg_class c on c.oid = f.conrelid join pg_class t on t.oid = f.confrelid
            where f.contype = 'f' and f.connamespace = current_schema()::regnamespace and c.oid <> t.oid
            """);
        return InOrder(Tables(columns), references.ToLookup(row => row.FromTable, row => row.ToTable));
    }

    /// <summary>All tables of a SQLite database.</summary>
    public static async Task<IReadOnlyList<CopiedTable>> ReadSqliteAsync(Session session) => Tables(await session.QueryAsync<ColumnRow>(
        """
        select m.name as TableName, c.name as ColumnName, false as IsIdentity
        from sqlite_master m join pragma_table_info(m.name) c
        where m.type = 'table' and m.name not like 'sqlite!_%' escape '!'
        order by m.name, c.cid
        """));

    /// <summary>Whether the other is the same table. The order of the columns does not count.</summary>
    public bool HasColumnsOf(CopiedTable other) => Name == other.Name && Columns.Order().SequenceEqual(other.Columns.Order());

    private static List<CopiedTable> Tables(IReadOnlyList<ColumnRow> columns) =>
        (from column in columns
         group column by column.TableName into table
         where table.Key != NotCopied
         orderby table.Key
         select new CopiedTable(
             table.Key, [.. table.Select(column => column.ColumnName)], table.FirstOrDefault(column => column.IsIdentity)?.ColumnName)).ToList();

    // A foreign key is checked at the end of the statement that copies the table, so what is referred to comes first.
    private static List<CopiedTable> InOrder(List<CopiedTable> tables, ILookup<string, string> references)
    {
        var ordered = new List<CopiedTable>();
        while (tables.Count > 0)
        {
            var ready = tables.Where(table => !tables.Exists(other => references[table.Name].Contains(other.Name))).ToList();
            if (ready.Count == 0)
            {
                throw new NotSupportedException($"tables refer to each other in a circle: {string.Join(", ", tables.Select(table => table.Name))}");
            }

            ordered.AddRange(ready);
            tables.RemoveAll(ready.Contains);
        }

        return ordered;
    }

    private sealed record ReferenceRow(string FromTable, string ToTable);

    private sealed class ColumnRow
    {
        public required string TableName { get; init; }

        public required string ColumnName { get; init; }

        public required bool IsIdentity { get; init; }
    }
}
