using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Registry.Storage.Metadata;

namespace Registry.Auth.Tokens.Protection;

/// <summary>
/// The keys of data protection, in the database, so that all replicas have the same. Each is encrypted whole with the master
/// key, for its own row: <c>&lt;sealed masterKey="id"&gt;base64&lt;/sealed&gt;</c>.
/// </summary>
public sealed class KeyRepository(Database database, MasterKey masterKey) : IXmlRepository
{
    private const string Purpose = "Registry.DataProtectionKey";
    private const string Element = "sealed";
    private const string KeyId = "masterKey";

    /// <summary>Whether anything was ever sealed in this database.</summary>
    public static async Task<bool> IsEmptyAsync(Database database, CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.FirstAsync<long>("select count(*) from data_protection_key") == 0;
    }

    /// <summary>All keys. Data protection asks once a day, and is not made for waiting otherwise.</summary>
    /// <exception cref="MasterKeyException">One cannot be opened.</exception>
    public IReadOnlyCollection<XElement> GetAllElements() => ReadAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public void StoreElement(XElement element, string friendlyName)
    {
        ArgumentNullException.ThrowIfNull(element);
        var bytes = Encoding.UTF8.GetBytes(element.ToString(SaveOptions.DisableFormatting));
        var xml = new XElement(
            Element, new XAttribute(KeyId, masterKey.Id), Convert.ToBase64String(masterKey.Seal(Purpose, friendlyName, bytes)));
        var row = new { name = friendlyName, xml = xml.ToString(SaveOptions.DisableFormatting) };
        database.WriteAsync(
            session => session.ExecuteAsync("insert into data_protection_key (name, xml, created_at) values (@name, @xml, now_ms())", row),
            CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>All keys.</summary>
    /// <exception cref="MasterKeyException">One cannot be opened.</exception>
    public async Task<IReadOnlyCollection<XElement>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        var rows = await session.QueryAsync<Row>("select name, xml from data_protection_key order by created_at, name");
        return [.. rows.Select(Open)];
    }

    private XElement Open(Row row)
    {
        try
        {
            var xml = XElement.Parse(row.Xml);
            var id = xml.Attribute(KeyId)?.Value;
            if (id != masterKey.Id)
            {
                throw new MasterKeyException(
                    $"the database was written with the master key {id}, and this one is {masterKey.Id}; every replica needs the same file");
            }

            return XElement.Parse(Encoding.UTF8.GetString(masterKey.Open(Purpose, row.Name, Convert.FromBase64String(xml.Value))));
        }
        catch (Exception e) when (e is XmlException or FormatException or CryptographicException)
        {
            throw new MasterKeyException($"{row.Name} in data_protection_key was changed: the master key does not open it", e);
        }
    }

    private sealed record Row(string Name, string Xml);
}
