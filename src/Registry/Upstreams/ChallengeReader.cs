namespace Registry.Upstreams;

/// <summary>Reads a line of challenges as registries write them: in any case, quoted or not, several in one line.</summary>
internal sealed class ChallengeReader(string line)
{
    private int position;

    /// <summary>The challenges of the schemes that are known, in order.</summary>
    public IEnumerable<Challenge> ReadAll()
    {
        string? scheme = null;
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (ReadWord() is { } word)
        {
            if (scheme is not null && TrySkip('='))
            {
                parameters.TryAdd(word, ReadValue());
                continue;
            }

            if (Known(scheme, parameters) is { } challenge)
            {
                yield return challenge;
            }

            scheme = word;
            parameters.Clear();
        }

        if (Known(scheme, parameters) is { } last)
        {
            yield return last;
        }
    }

    private static Challenge? Known(string? scheme, Dictionary<string, string> parameters)
    {
        var isBearer = "bearer".Equals(scheme, StringComparison.OrdinalIgnoreCase);
        return isBearer || "basic".Equals(scheme, StringComparison.OrdinalIgnoreCase)
            ? new Challenge(isBearer, parameters.GetValueOrDefault("realm", string.Empty), parameters.GetValueOrDefault("service"))
            : null;
    }

    // Up to what may follow a scheme or a parameter's name; null at the end of the line.
    private string? ReadWord()
    {
        SkipAny(" \t,=\"");
        var start = position;
        while (position < line.Length && !" \t,=\"".Contains(line[position], StringComparison.Ordinal))
        {
            position++;
        }

        return position > start ? line[start..position] : null;
    }

    private string ReadValue()
    {
        SkipAny(" \t");
        return TrySkip('"') ? ReadQuoted() : ReadBare();
    }

    private string ReadQuoted()
    {
        var value = new System.Text.StringBuilder();
        while (position < line.Length && line[position] != '"')
        {
            position += line[position] == '\\' && position + 1 < line.Length ? 1 : 0;
            value.Append(line[position++]);
        }

        position++;
        return value.ToString();
    }

    private string ReadBare()
    {
        var start = position;
        while (position < line.Length && line[position] is not (',' or ' ' or '\t'))
        {
            position++;
        }

        return line[start..position];
    }

    private void SkipAny(string characters)
    {
        while (position < line.Length && characters.Contains(line[position], StringComparison.Ordinal))
        {
            position++;
        }
    }

    private bool TrySkip(char character)
    {
        var next = position;
        while (next < line.Length && line[next] is ' ' or '\t')
        {
            next++;
        }

        if (next >= line.Length || line[next] != character)
        {
            return false;
        }

        position = next + 1;
        return true;
    }
}
