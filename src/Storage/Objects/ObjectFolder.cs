using Registry.Storage.Metadata;

namespace Registry.Storage.Objects;

/// <summary>The folder that a registry has its objects in on disk, with an id of its own that moves with it.</summary>
internal sealed class ObjectFolder
{
    private const int Subfolders = 256;

    private readonly string idFile;

    /// <summary>Opens the folder, making what it has to have at the first start.</summary>
    /// <param name="dataDirectory">The registry's data directory.</param>
    public ObjectFolder(string dataDirectory)
    {
        Root = Path.Combine(dataDirectory, "objects");
        idFile = Path.Combine(Root, "id");
        if (File.Exists(idFile))
        {
            return;
        }

        for (var i = 0; i < Subfolders; i++)
        {
            Directory.CreateDirectory(Path.Combine(Root, i.ToString("x2", null)));
        }

        // Last: where the id is, all folders are. When replicas start together, the first gives the folder its id.
        Posix.SyncDirectory(Root);
        PrivateFile.TryCreate(idFile, $"{Guid.NewGuid():n}\n");
        Posix.SyncDirectory(dataDirectory);
    }

    /// <summary>Where it is.</summary>
    public string Root { get; }

    /// <summary>
    /// Makes sure that this is where the objects of the database are. Replicas with folders of their own would each serve what they have
    /// taken themselves, and answer 404 or worse for the rest.
    /// </summary>
    /// <exception cref="IOException">They are in another folder.</exception>
    public async Task CheckAsync(Database database, CancellationToken cancellationToken)
    {
        var id = (await File.ReadAllTextAsync(idFile, cancellationToken)).Trim();
        var known = await database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync("insert into object_folder (name, id) values ('objects', @id) on conflict (name) do nothing", new { id });
                return await session.FirstAsync<string>("select id from object_folder where name = 'objects'");
            },
            cancellationToken);
        if (known != id)
        {
            throw new IOException(
                $"DataDirectory: the objects of this database are in the folder with the id {known}, and {Root} is the one with the id {id}; allowed is the same folder "
                + $"for all replicas (mounted at {Root}), or a bucket (Storage:S3:Bucket). If {Root} does hold these objects, write {known} to {idFile}");
        }
    }
}
