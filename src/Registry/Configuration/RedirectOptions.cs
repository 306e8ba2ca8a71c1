using System.Net;
using Registry.Storage;

namespace Registry.Configuration;

/// <summary>Who is sent to the object store for the bytes of blobs.</summary>
public sealed record RedirectOptions
{
    /// <summary>Whether anybody is.</summary>
    public required bool Enabled { get; init; }

    /// <summary>The networks whose clients are; empty for all.</summary>
    public required IReadOnlyList<IPNetwork> Networks { get; init; }

    /// <summary>The host that takes the place of the store's in the address, as of a CDN in front of the bucket; null for none.</summary>
    public required Uri? Host { get; init; }

    internal static RedirectOptions Read(Settings settings, StorageOptions storage)
    {
        var options = new RedirectOptions
        {
            Enabled = settings.Flag("Downloads:Redirect", false),
            Networks = settings.Networks("Downloads:RedirectNetworks"),
            Host = settings.Address("Downloads:RedirectHost"),
        };
        return !options.Enabled || storage.S3 is not null
            ? options
            : throw Settings.Wrong("Downloads:Redirect", "true", "false, unless Storage:S3:Bucket is set: files on disk have no address of their own");
    }
}
