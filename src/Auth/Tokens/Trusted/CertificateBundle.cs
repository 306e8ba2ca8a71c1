using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Registry.Auth.Tokens.Keys;
using PublicKey = Registry.Auth.Tokens.Keys.PublicKey;

namespace Registry.Auth.Tokens.Trusted;

/// <summary>
/// The certificates that a classic token server's certificate has to be one of, or to lead to. Such servers send theirs with
/// each token, in the header <c>x5c</c>.
/// </summary>
internal sealed class CertificateBundle(X509Certificate2Collection certificates, TimeProvider time)
{
    private const int MostLeaves = 256;

    private readonly ConcurrentDictionary<string, Leaf> leaves = new();

    /// <summary>The key of the chain's first certificate; null when the chain does not lead here. Never fails.</summary>
    public VerificationKey? Find(IReadOnlyList<byte[]> chain)
    {
        if (chain.Count == 0)
        {
            return null;
        }

        var now = time.GetUtcNow().UtcDateTime;
        var id = Convert.ToHexString(SHA256.HashData(chain[0]));
        if (!leaves.TryGetValue(id, out var leaf))
        {
            if (Check(chain, now) is not { } found)
            {
                return null;
            }

            Bound();
            leaf = leaves.GetOrAdd(id, found);
        }

        return now >= leaf.NotBefore && now <= leaf.NotAfter ? leaf.Key : null;
    }

    /// <summary>Ends the trust in all keys that were found here.</summary>
    public void Withdraw()
    {
        foreach (var id in leaves.Keys)
        {
            if (leaves.TryRemove(id, out var leaf))
            {
                leaf.Key.Withdraw();
            }
        }
    }

    private void Bound()
    {
        if (leaves.Count >= MostLeaves)
        {
            Withdraw();
        }
    }

    private Leaf? Check(IReadOnlyList<byte[]> chain, DateTime now)
    {
        try
        {
            var sent = new X509Certificate2Collection();
            foreach (var certificate in chain)
            {
                sent.Add(X509CertificateLoader.LoadCertificate(certificate));
            }

            return (IsOurs(sent[0]) || LeadsHere(sent, now))
                && PublicKey.FromSubjectPublicKeyInfo(sent[0].PublicKey.ExportSubjectPublicKeyInfo()) is { } key
                ? new(new VerificationKey(key), sent[0].NotBefore.ToUniversalTime(), sent[0].NotAfter.ToUniversalTime())
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private bool IsOurs(X509Certificate2 certificate) => certificates.Any(ours => ours.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span));

    private bool LeadsHere(X509Certificate2Collection sent, DateTime now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(certificates);
        chain.ChainPolicy.ExtraStore.AddRange(sent);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now;
        return chain.Build(sent[0]);
    }

    private sealed record Leaf(VerificationKey Key, DateTime NotBefore, DateTime NotAfter);
}
