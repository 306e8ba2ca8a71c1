using Registry.Storage.Objects.S3;

namespace Registry.Configuration;

/// <summary>Reads <c>Storage:S3</c>, or <c>Storage:Second:S3</c>. A bucket chooses S3; without one the other keys are a slip.</summary>
internal static class S3Settings
{
    public static S3Options? Read(Settings settings, string section)
    {
        settings.Section(section);
        section += ":";
        var bucket = settings.Text(section + "Bucket");
        var endpoint = settings.Address(section + "Endpoint");
        var options = new S3Options
        {
            Bucket = bucket ?? string.Empty,
            Endpoint = endpoint,
            PublicEndpoint = settings.Address(section + "PublicEndpoint"),
            Region = settings.Text(section + "Region"),
            AccessKey = settings.Text(section + "AccessKey"),
            SecretKey = settings.Text(section + "SecretKey"),
            SessionToken = settings.Text(section + "SessionToken"),
            PathStyle = settings.Flag(section + "PathStyle", endpoint is not null),
            Prefix = settings.Text(section + "Prefix", string.Empty).Trim('/'),
            Encryption = settings.Choice(section + "Encryption", S3Encryption.None),
            KmsKey = settings.Text(section + "KmsKey"),
            Checksum = settings.Choice(section + "Checksum", endpoint is null ? S3Checksum.WhenSupported : S3Checksum.WhenRequired),
            CaFile = settings.Text(section + "CaFile"),
            Timeout = settings.Duration(section + "Timeout", TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(1)),
            Retries = (int)settings.Number(section + "Retries", 4, 0, 20),
            Buffers = settings.Number(section + "Buffers", 128 << 20, 32 << 20, 64L << 30),
        };
        return bucket is null ? null : Check(options, section);
    }

    private static S3Options Check(S3Options options, string section)
    {
        if (options.AccessKey is null != options.SecretKey is null)
        {
            throw new ConfigurationException($"{section}AccessKey and {section}SecretKey go together: set both, or none to use the environment's credentials");
        }

        if (options.Endpoint is null && options.Region is null)
        {
            throw new ConfigurationException($"{section}Region is not set; allowed is a region like eu-central-1, or an address in {section}Endpoint");
        }

        if (options.KmsKey is not null && options.Encryption is not S3Encryption.Kms)
        {
            throw Settings.Wrong(section + "KmsKey", options.KmsKey, $"empty, unless {section}Encryption is Kms");
        }

        return options.CaFile is null || File.Exists(options.CaFile)
            ? options
            : throw Settings.Wrong(section + "CaFile", options.CaFile, "a file with certificates (PEM)");
    }
}
