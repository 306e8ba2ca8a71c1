using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace Registry.Storage.Objects.S3;

/// <summary>Makes clients of the AWS SDK from the options.</summary>
internal static class S3Client
{
    public static AmazonS3Client Create(S3Options options, Uri? endpoint)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle,
            Timeout = options.Timeout,
            MaxErrorRetry = options.Retries,
            RetryMode = RequestRetryMode.Standard, // with jitter, and a budget for all requests together
            RequestChecksumCalculation = options.Checksum is S3Checksum.WhenSupported ? RequestChecksumCalculation.WHEN_SUPPORTED : RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = options.Checksum is S3Checksum.WhenSupported ? ResponseChecksumValidation.WHEN_SUPPORTED : ResponseChecksumValidation.WHEN_REQUIRED,
            HttpClientFactory = new Connections(options),
        };
        if (endpoint is not null)
        {
            config.ServiceURL = endpoint.ToString();
            config.AuthenticationRegion = options.Region ?? "us-east-1";
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        return options.AccessKey is null ? new AmazonS3Client(config)
            : options.SessionToken is null ? new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config)
            : new AmazonS3Client(new SessionAWSCredentials(options.AccessKey, options.SecretKey, options.SessionToken), config);
    }

    /// <summary>Connections of our own, for the certificates that are trusted besides the system's.</summary>
    private sealed class Connections(S3Options options) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig)
        {
            var handler = new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                MaxConnectionsPerServer = 256,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5), // so that a store whose addresses change is followed
                ConnectTimeout = TimeSpan.FromSeconds(10),
            };
            if (options.CaFile is { } caFile)
            {
                handler.SslOptions.CertificateChainPolicy = CertificateTrust.SystemAnd(caFile);
            }

            return new HttpClient(new RequestCount(handler)) { Timeout = options.Timeout };
        }

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
