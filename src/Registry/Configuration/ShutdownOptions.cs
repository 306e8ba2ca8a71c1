namespace Registry.Configuration;

/// <summary>How the process ends.</summary>
/// <param name="Drain">How long it says that it is not ready, and serves all the same, before it listens no longer.</param>
/// <param name="Limit">How long requests that are under way may take then.</param>
public sealed record ShutdownOptions(TimeSpan Drain, TimeSpan Limit)
{
    // Load balancers ask every few seconds; where there is one replica, nobody else could take over.
    private static readonly TimeSpan DrainAmongOthers = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UsualLimit = TimeSpan.FromSeconds(30);

    internal static ShutdownOptions Read(Settings settings, bool amongOthers) => new(
        Time(settings, "Shutdown:Drain", amongOthers ? DrainAmongOthers : TimeSpan.Zero),
        Time(settings, "Shutdown:Limit", UsualLimit));

    private static TimeSpan Time(Settings settings, string key, TimeSpan otherwise) =>
        settings.Duration(key, otherwise, TimeSpan.Zero) is var time && time <= TimeSpan.FromDays(1)
            ? time
            : throw Settings.Wrong(key, time.ToString(), "a time of at most a day");
}
