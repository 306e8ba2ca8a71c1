namespace Registry.Tests;

/// <summary>What a registry has where its objects are: the files of its data directory, or what is in its bucket.</summary>
public static class StoredObjects
{
    /// <summary>The ids of all objects with their sizes. What is being uploaded to S3 in parts is there, too, with no size yet.</summary>
    public static async Task<IReadOnlyDictionary<string, long>> ListAsync(string dataDirectory, S3Bucket? bucket)
    {
        if (bucket is null)
        {
            return Directory.EnumerateFiles(Path.Combine(dataDirectory, "objects"), "*", SearchOption.AllDirectories).Select(file => new FileInfo(file))
                .Where(file => file.Name != "id").ToDictionary(file => file.Name, file => file.Length);
        }

        // In this order: an upload that is completed meanwhile is seen at least once.
        var uploads = await bucket.OpenUploadsAsync();
        var objects = (await bucket.ObjectsAsync()).ToDictionary(found => Id(found.Key), found => found.Value);
        foreach (var key in uploads)
        {
            objects.TryAdd(Id(key), 0);
        }

        return objects;
    }

    private static string Id(string key) => key[(key.LastIndexOf('/') + 1)..];
}
