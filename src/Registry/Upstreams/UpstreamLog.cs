using System.Collections.Concurrent;

namespace Registry.Upstreams;

/// <summary>Says what is wrong with an upstream, each kind of failure at most once a minute.</summary>
internal sealed partial class UpstreamLog(string alias, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> said = new();

    public void Failed(HttpRequestError error)
    {
        if (IsNews($"failed {error}"))
        {
            LogFailed(alias, error);
        }
    }

    /// <summary>The host, for the administrator has to know what to allow; the rest of the address may be signed.</summary>
    public void Refused(string host)
    {
        if (IsNews("refused"))
        {
            LogRefused(alias, host);
        }
    }

    public void Foreign(string host)
    {
        if (IsNews("foreign"))
        {
            LogForeign(alias, host);
        }
    }

    public void Answered(string why)
    {
        if (IsNews(why))
        {
            LogAnswered(alias, why);
        }
    }

    private bool IsNews(string kind)
    {
        var now = time.GetTimestamp();
        return said.AddOrUpdate(kind, now, (_, last) => time.GetElapsedTime(last, now) < Silence ? last : now) == now;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Upstream {Alias} could not be asked: {Error}")]
    private partial void LogFailed(string alias, HttpRequestError error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Upstream {Alias} led to {Host}, which is in no public network and not in Upstreams:{Alias}:Networks")]
    private partial void LogRefused(string alias, string host);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Upstream {Alias} wants tokens of {Host}, which is given no credentials, for it is not in Upstreams:{Alias}:Realms")]
    private partial void LogForeign(string alias, string host);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Upstream {Alias}: {Why}")]
    private partial void LogAnswered(string alias, string why);
}
