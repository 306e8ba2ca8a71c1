using Registry.Storage.Objects.S3;

namespace Registry.Configuration;

/// <summary>Reads <c>Storage:S3</c>. A bucket chooses S3; without one the other keys are a slip.</summary>
internal static class S3Settings
{
    private const string Section = "Storage:S3:";

    public static S3Options? Read(Settings settings)
    {
        settings.Section("Storage:S3");
        var bucket = settings.Text(Section + "Bucket");
        var endpoint = settings.Address(Section + "Endpoint");
        var options = new S3Options
        {
            Bucket = bucket ?? string.Empty,
            Endpoint = endpoint,
            PublicEndpoint = settings.Address(Section + "PublicEndpoint"),
            Region = settings.Text(Section + "Region"),
            AccessKey = settings.Text(Section + "AccessKey"),
            SecretKey = settings.Text(Section + "SecretKey"),
            SessionToken = settings.Text(Section + "SessionToken"),
            PathStyle = settings.Flag(Section + "PathStyle", endpoint is not null),
            Prefix = settings.Text(Section + "Prefix", string.Empty).Trim('/'),
            Encryption = settings.Choice(Section + "Encryption", S3Encryption.None),
            KmsKey = settings.Text(Section + "KmsKey"),
            Checksum = settings.Choice(Section + "Checksum", endpoint is null ? S3Checksum.WhenSupported : S3Checksum.WhenRequired),
            CaFile = settings.Text(Section + "CaFile"),
            Timeout = settings.Duration(Section + "Timeout", TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(1)),
            Retries = (int)settings.Number(Section + "Retries", 4, 0, 20),
            Buffers = settings.Number(Section + "Buffers", 128 << 20, 32 << 20, 64L << 30),
        };
        return bucket is null ? null : Check(options);
    }

    private static S3Options Check(S3Options options)
    {
        if (options.AccessKey is null != options.SecretKey is null)
        {
            throw new ConfigurationException($"{Section}AccessKey and {Section}SecretKey go together: set both, or none to use the environment's credentials");
        }

        if (options.Endpoint is null && options.Region is null)
        {
            throw new ConfigurationException($"{Section}Region is not set; allowed is a region like eu-central-1, or an address in {Section}Endpoint");
        }

        if (options.KmsKey is not null && options.Encryption is not S3Encryption.Kms)
        {
            throw Settings.Wrong(Section + "KmsKey", options.KmsKey, $"empty, unless {Section}Encryption is Kms");
        }

        return options.CaFile is null || File.Exists(options.CaFile)
            ? options
            : throw Settings.Wrong(Section + "CaFile", options.CaFile, "a file with certificates (PEM)");
    }
}
