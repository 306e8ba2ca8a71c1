namespace Registry.Upstreams;

/// <summary>A credential, or nobody, and what the upstream has said about it.</summary>
internal sealed class UpstreamAccount(UpstreamCredential? credential, TimeProvider time)
{
    private volatile Spell limited = Spell.Over;
    private volatile Spell refused = Spell.Over;
    private volatile Known known = new(0, Spell.Over);

    public UpstreamCredential? Credential { get; } = credential;

    /// <summary>How many manifests it may still have; unknown before it has been used, and once its window has ended.</summary>
    public long? Remaining => known is var (left, window) && window.Left(time) > TimeSpan.Zero ? left : null;

    /// <summary>Whether the upstream did not accept it a moment ago.</summary>
    public bool IsRefused => refused.Left(time) > TimeSpan.Zero;

    /// <summary>How long it should rest; zero when it need not.</summary>
    /// <param name="counts">Whether the request is one that the upstream counts.</param>
    public TimeSpan Rest(bool counts)
    {
        var empty = counts && known is (0, var window) ? window.Left(time) : TimeSpan.Zero;
        return limited.Left(time) is var rest && rest > empty ? rest : empty;
    }

    public void Limit(TimeSpan rest) => limited = new Spell(time.GetTimestamp(), rest);

    public void Refuse(TimeSpan rest) => refused = new Spell(time.GetTimestamp(), rest);

    public void Note(RateLimit limit) => known = new Known(limit.Remaining, new Spell(time.GetTimestamp(), limit.Window));

    private sealed record Known(long Remaining, Spell Window);

    private sealed record Spell(long Since, TimeSpan Time)
    {
        public static readonly Spell Over = new(0, TimeSpan.Zero);

        public TimeSpan Left(TimeProvider time) => Time - time.GetElapsedTime(Since) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
