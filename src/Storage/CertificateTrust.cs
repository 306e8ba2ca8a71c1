using System.Security.Cryptography.X509Certificates;

namespace Registry.Storage;

/// <summary>Whose certificates are believed on a connection to somebody else.</summary>
public static class CertificateTrust
{
    /// <summary>The system's authorities, and those of a file.</summary>
    /// <param name="file">Certificates in PEM.</param>
    public static X509ChainPolicy SystemAnd(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        using var system = new X509Store(StoreName.Root, StoreLocation.LocalMachine);
        system.Open(OpenFlags.ReadOnly);
        policy.CustomTrustStore.AddRange(system.Certificates);
        policy.CustomTrustStore.ImportFromPemFile(file);
        return policy;
    }
}
