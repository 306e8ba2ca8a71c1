namespace Registry.Upstreams;

/// <summary>How long tags of a pattern such as <c>v*</c> are taken to point where they did.</summary>
internal sealed record TagFreshness(string Pattern, TimeSpan Time)
{
    /// <summary>For tags that no pattern fits.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromMinutes(5);
}
