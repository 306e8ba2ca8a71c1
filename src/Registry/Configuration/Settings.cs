using System.Globalization;
using System.Net;

namespace Registry.Configuration;

/// <summary>Reads settings strictly: a value that does not fit, and a key that nobody reads, stop the start.</summary>
internal sealed class Settings(IConfiguration configuration)
{
    private readonly HashSet<string> read = new(StringComparer.OrdinalIgnoreCase);

    public string Text(string key, string otherwise) => Value(key) ?? otherwise;

    public string? Text(string key) => Value(key);

    public bool Flag(string key, bool otherwise) => Value(key) switch
    {
        null => otherwise,
        var text when bool.TryParse(text, out var flag) => flag,
        var text => throw Wrong(key, text, "true or false"),
    };

    public long Number(string key, long otherwise, long min, long max) => Value(key) switch
    {
        null => otherwise,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max => number,
        var text => throw Wrong(key, text, $"a whole number from {min} to {max}"),
    };

    public TimeSpan Duration(string key, TimeSpan otherwise, TimeSpan min) => Value(key) switch
    {
        null => otherwise,
        var text when TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time >= min && time.TotalDays <= 3650 => time,
        var text => throw Wrong(key, text, $"a time from {min} to 3650 days, written as [days.]hours:minutes:seconds"),
    };

    /// <summary>A list, separated by commas.</summary>
    public string[] List(string key) => Text(key, string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Networks, separated by commas.</summary>
    /// <param name="key">The key.</param>
    /// <param name="word">What may stand among them and is none.</param>
    public IReadOnlyList<IPNetwork> Networks(string key, string? word = null) => [.. List(key).Where(text => text != word).Select(text => Network(key, text))];

    /// <summary>An absolute http or https address, or null.</summary>
    public Uri? Address(string key) => Value(key) is not { } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri
        : throw Wrong(key, text, "an http or https address");

    /// <summary>One of the names of an enumeration.</summary>
    public T Choice<T>(string key, T otherwise)
        where T : struct, Enum => Value(key) is not { } text ? otherwise
        : Enum.TryParse<T>(text, ignoreCase: true, out var choice) && Enum.IsDefined(choice) && !char.IsAsciiDigit(text[0]) ? choice
        : throw Wrong(key, text, string.Join(", ", Enum.GetNames<T>()));

    /// <summary>The keys of a list's entries: <c>Trusted:0</c>, <c>Trusted:1</c>. Each is a section, to be checked for unknown keys of its own.</summary>
    public IReadOnlyList<string> Entries(string key)
    {
        read.Add(key);
        return [.. configuration.GetSection(key).GetChildren().Select(entry => entry.Path)];
    }

    /// <summary>Says that a key is a section, to be checked for unknown keys of its own.</summary>
    public void Section(string key) => read.Add(key);

    /// <summary>Refuses keys of the product's own sections that nothing has asked for: most likely a slip of the pen.</summary>
    public void RefuseUnknown(params string[] sections)
    {
        foreach (var setting in sections.SelectMany(section => configuration.GetSection(section).GetChildren()))
        {
            if (!read.Contains(setting.Path))
            {
                var allowed = read.Where(key => key.StartsWith(setting.Path[..(setting.Path.IndexOf(':', StringComparison.Ordinal) + 1)], StringComparison.OrdinalIgnoreCase));
                throw new ConfigurationException($"{setting.Path} is not a setting; allowed are {string.Join(", ", allowed.Order(StringComparer.Ordinal))}");
            }
        }
    }

    public static ConfigurationException Wrong(string key, string value, string allowed) => new($"{key} is \"{value}\"; allowed is {allowed}");

    private static IPNetwork Network(string key, string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : throw Wrong(key, text, "addresses and networks like 10.0.0.7,192.168.0.0/16, separated by commas");

    private string? Value(string key)
    {
        read.Add(key);
        return configuration[key] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
    }
}
