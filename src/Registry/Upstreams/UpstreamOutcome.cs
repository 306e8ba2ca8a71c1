namespace Registry.Upstreams;

/// <summary>What came of a request to an upstream.</summary>
internal enum UpstreamOutcome
{
    /// <summary>It has what was asked for.</summary>
    Found,

    /// <summary>What the caller has is what it has.</summary>
    NotModified,

    /// <summary>It has nothing of the kind, or nothing for the credentials used, which it has recognized.</summary>
    Missing,

    /// <summary>It wants to be left alone for a while.</summary>
    Limited,

    /// <summary>Nothing can be told: it, or its token server, did not answer, or not with anything that makes sense.</summary>
    Unavailable,
}
