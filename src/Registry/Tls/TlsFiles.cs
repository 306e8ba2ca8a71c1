using System.Security.Cryptography;
using Registry.Configuration;

namespace Registry.Tls;

/// <summary>
/// The certificates of TLS, read again when their files have changed. Handshakes look at most once a second, and at the bytes:
/// file systems tell too little of what is replaced by a rename or behind a symbolic link. What cannot be used is logged once, and
/// the last that could stays.
/// </summary>
internal sealed partial class TlsFiles
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly TlsOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<TlsFiles> logger;
    private byte[] seen;
    private long lookedAt;
    private volatile TlsMaterial current;

    /// <exception cref="ConfigurationException">A file cannot be used.</exception>
    public TlsFiles(RegistryOptions options, TimeProvider clock, ILogger<TlsFiles> logger)
    {
        (this.options, this.clock, this.logger) = (options.Edge.Tls, clock, logger);
        var files = Read();
        First = current = TlsMaterial.Load(this.options, files);
        seen = Hash(files);
        lookedAt = clock.GetTimestamp();
    }

    /// <summary>What the registry started with.</summary>
    public TlsMaterial First { get; }

    /// <summary>What new connections get.</summary>
    public TlsMaterial Current
    {
        get
        {
            if (clock.GetElapsedTime(Interlocked.Read(ref lookedAt)) >= Interval && gate.TryEnter())
            {
                try
                {
                    Look();
                }
                finally
                {
                    gate.Exit();
                }
            }

            return current;
        }
    }

    private void Look()
    {
        Interlocked.Exchange(ref lookedAt, clock.GetTimestamp());
        var files = Read();
        var hash = Hash(files);
        if (hash.AsSpan().SequenceEqual(seen))
        {
            return;
        }

        seen = hash;
        try
        {
            current = TlsMaterial.Load(options, files);
            var certificate = current.Certificate.TargetCertificate;
            LogLoaded(certificate.Subject, certificate.NotAfter.ToUniversalTime());
        }
        catch (ConfigurationException e)
        {
            LogBroken(e.Message);
        }
    }

    private List<TlsFile> Read() =>
    [
        TlsFile.Read("Tls:Certificate", options.Certificate),
        TlsFile.Read("Tls:Key", options.Key),
        TlsFile.Read("Tls:ClientAuthorities", options.ClientAuthorities),
    ];

    private static byte[] Hash(List<TlsFile> files) => SHA256.HashData([.. files.SelectMany(file => SHA256.HashData(file.Content ?? []))]);

    [LoggerMessage(Level = LogLevel.Information, Message = "TLS goes on with new files: {Subject}, valid until {Until:u}")]
    private partial void LogLoaded(string subject, DateTime until);

    [LoggerMessage(Level = LogLevel.Error, Message = "The new files of TLS cannot be used, the old ones stay: {Reason}")]
    private partial void LogBroken(string reason);
}
