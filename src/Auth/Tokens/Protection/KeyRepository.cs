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
/// <param name="database">Where the keys are.</param>
/// <param name="masterKeyFile">Where the master key is.</param>
public sealed class KeyRepository(Database database, string masterKeyFile) : IXmlRepository
{
    private const string Purpose = "Registry.DataProtectionKey";
    private const string Element = "sealed";
    private const string KeyId = "masterKey";

    private MasterKey? opened;

    private MasterKey MasterKey => opened ?? throw new InvalidOperationException("the master key has not been read yet");

    /// <summary>Reads the master key, makes it when this is the first start of all, and checks it on every key there is.</summary>
    /// <exception cref="MasterKeyException">It is missing, or it is not the one the database was written with.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var found = MasterKeyFile.Read(masterKeyFile);
        if (found is null)
        {
            // Where there are keys, the file may be there by now: another replica that starts has made it before them.
            found = await IsEmptyAsync(cancellationToken) ? MasterKeyFile.Create(masterKeyFile) : MasterKeyFile.Read(masterKeyFile);
        }

        opened = found ?? throw new MasterKeyException(
            $"the master key {masterKeyFile} is missing, and the database was written with one; bring the file back from where it was, or from the other replicas");
        await ReadAsync(cancellationToken);
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
            Element, new XAttribute(KeyId, MasterKey.Id), Convert.ToBase64String(MasterKey.Seal(Purpose, friendlyName, bytes)));
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

    private async Task<bool> IsEmptyAsync(CancellationToken cancellationToken)
    {
        await using var session = await database.ReadAsync(cancellationToken);
        return await session.FirstAsync<long>("select count(*) from data_protection_key") == 0;
    }

    private XElement Open(Row row)
    {
        try
        {
            var xml = XElement.Parse(row.Xml);
            var id = xml.Attribute(KeyId)?.Value;
            if (id != MasterKey.Id)
            {
                throw new MasterKeyException(
                    $"{masterKeyFile} holds the master key {MasterKey.Id}, and the database was written with {id}; every replica needs the same file");
            }

            return XElement.Parse(Encoding.UTF8.GetString(MasterKey.Open(Purpose, row.Name, Convert.FromBase64String(xml.Value))));
        }
        catch (Exception e) when (e is XmlException or FormatException or CryptographicException)
        {
            throw new MasterKeyException($"{row.Name} in data_protection_key was changed: the master key does not open it", e);
        }
    }

    private sealed record Row(string Name, string Xml);
}
