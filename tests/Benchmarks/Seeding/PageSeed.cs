using System.Data.Common;
using System.Security.Cryptography;
using System.Text;

namespace Registry.Benchmarks.Seeding;

/// <summary>
/// Multiplies pushed templates in the database of a stopped registry: copies of their rows under names and digests that
/// follow from their number. The SQL is common to both engines.
/// </summary>
internal sealed class PageSeed(DbConnection connection)
{
    public const int Tags = 1_000_000;
    public const int Repositories = 100_000;
    public const int Referrers = 100_000;

    // Numbers start here, so that all have as many digits and text sorts like numbers.
    private const int FirstNumber = 1_000_001;

    public static string TagName(int index) => $"tag-{FirstNumber + index}";

    public static string RepositoryName(int index) => $"many/app-{FirstNumber + index}";

    /// <summary>Copies a tag and a repository, both given by name, and the only referrer of the database.</summary>
    /// <returns>The digests of the referrers, in order.</returns>
    public string[] Fill(string repository, string tag)
    {
        connection.Open();
        using var transaction = connection.BeginTransaction();
        CopyTag(repository, tag);
        CopyRepository(repository);
        var digests = CopyReferrer();
        transaction.Commit();
        return digests;
    }

    /// <summary>Runs a statement that may take long.</summary>
    public void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    private void CopyTag(string repository, string tag) => Execute(
        $"""
        with recursive number (n) as (select {FirstNumber} union all select n + 1 from number where n < {FirstNumber + Tags - 1})
        insert into tag (repository_id, name, manifest_id, updated_at)
        select t.repository_id, 'tag-' || number.n, t.manifest_id, t.updated_at
        from number, tag t join repository_name r on r.repository_id = t.repository_id
        where r.name = '{repository}' and t.name = '{tag}'
        """);

    /// <summary>Listed repositories without content: a page of the catalog looks at their names alone.</summary>
    private void CopyRepository(string repository)
    {
        Execute($"""
            with recursive number (n) as (select 1 union all select n + 1 from number where n < {Repositories})
            insert into repository (namespace_id, created_at)
            select r.namespace_id, r.created_at
            from number, repository r join repository_name m on m.repository_id = r.id where m.name = '{repository}'
            """);
        Execute($"""
            insert into repository_name (name, repository_id, namespace_id, listed, created_at)
            select 'many/app-' || ({FirstNumber - 1} + row_number() over (order by r.id)), r.id, r.namespace_id, 1, r.created_at
            from repository r where not exists (select 1 from repository_name m where m.repository_id = r.id)
            """);
    }

    private string[] CopyReferrer()
    {
        var (id, key, descriptor) = Template();
        var text = Encoding.UTF8.GetString(descriptor);
        var templateDigest = Text(key);
        byte[][] keys = [.. Enumerable.Range(0, Referrers).Select(index => Key(key[0], index))];

        using var insert = Command($"""
            insert into manifest (repository_id, digest, media_type, artifact_type, subject, referrer, size, created_at, content)
            select repository_id, @digest, media_type, artifact_type, subject, @referrer, size, created_at, content
            from manifest where id = {id}
            """);
        var digest = Parameter(insert, "digest");
        var referrer = Parameter(insert, "referrer");
        foreach (var copy in keys)
        {
            digest.Value = copy;
            referrer.Value = Encoding.UTF8.GetBytes(text.Replace(templateDigest, Text(copy), StringComparison.Ordinal));
            insert.ExecuteNonQuery();
        }

        Execute($"""
            insert into manifest_edge (repository_id, manifest_id, position, kind, digest, blob_id, child_id)
            select e.repository_id, m.id, e.position, e.kind, e.digest, e.blob_id, e.child_id
            from manifest_edge e, manifest m where e.manifest_id = {id} and m.subject is not null and m.id <> {id}
            """);
        return [.. keys.Select(Text).Order(StringComparer.Ordinal)];
    }

    private (long Id, byte[] Digest, byte[] Descriptor) Template()
    {
        using var command = Command("select id, digest, referrer from manifest where subject is not null");
        using var reader = command.ExecuteReader();
        return reader.Read()
            ? (reader.GetInt64(0), (byte[])reader.GetValue(1), (byte[])reader.GetValue(2))
            : throw new BenchmarkException("The referrer that was pushed is not in the database.");
    }

    private DbCommand Command(string sql)
    {
        var command = connection.CreateCommand();
        command.CommandTimeout = 600;
        command.CommandText = sql;
        return command;
    }

    private static DbParameter Parameter(DbCommand command, string name)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = Array.Empty<byte>();
        command.Parameters.Add(parameter);
        return parameter;
    }

    // The database's form of a digest: one byte of algorithm, then the hash.
    private static byte[] Key(byte algorithm, int index) => [algorithm, .. SHA256.HashData(BitConverter.GetBytes(index))];

    private static string Text(byte[] key) => "sha256:" + Convert.ToHexStringLower(key.AsSpan(1));
}
