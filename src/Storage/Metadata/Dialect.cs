namespace Registry.Storage.Metadata;

/// <summary>
/// Where the SQL of the two engines differs. SQLite has one writer, so it needs no row locks. Both offer
/// <c>now_ms()</c>: the database's time in milliseconds since 1970.
/// </summary>
/// <param name="ForUpdate">Locks the selected rows against every other writer.</param>
/// <param name="ForKeyShare">Keeps the selected rows from being deleted until the transaction ends.</param>
/// <param name="SkipLocked">Added to <paramref name="ForUpdate"/>: passes over rows that another replica works on.</param>
/// <param name="Identity">The type of a primary key whose values are never given twice.</param>
/// <param name="Bytes">The type of a byte string.</param>
/// <param name="Name">The type of a text that is compared byte by byte.</param>
public sealed record Dialect(string ForUpdate, string ForKeyShare, string SkipLocked, string Identity, string Bytes, string Name)
{
    /// <summary>PostgreSQL 13 and later.</summary>
    public static readonly Dialect Postgres = new(
        "for update", "for key share", "skip locked", "bigint generated always as identity primary key", "bytea", "text collate \"C\"");

    /// <summary>SQLite 3.35 and later.</summary>
    public static readonly Dialect Sqlite = new("", "", "", "integer primary key autoincrement", "blob", "text");

    /// <summary>As <see cref="ForUpdate"/>, of one table of a join.</summary>
    public string ForUpdateOf(string table) => ForUpdate.Length > 0 ? $"{ForUpdate} of {table}" : string.Empty;

    /// <summary>A statement that keeps all others from changing the table until the transaction ends; they may read it.</summary>
    public string LockTable(string table) => this == Postgres ? $"lock table {table} in share row exclusive mode" : "select 1";

    /// <summary>
    /// The condition that a column is one of an array's values. Dapper writes the values out for SQLite, while Npgsql sends
    /// the array, so that the statement's text, and with it its plan, stays one.
    /// </summary>
    public string In(string column, string parameter) => this == Postgres ? $"{column} = any({parameter})" : $"{column} in {parameter}";

    /// <summary>Replaces the <c>{placeholders}</c> of a migration.</summary>
    public string Translate(string sql) => sql
        .Replace("{identity}", Identity, StringComparison.Ordinal)
        .Replace("{bytes}", Bytes, StringComparison.Ordinal)
        .Replace("{name}", Name, StringComparison.Ordinal);
}
