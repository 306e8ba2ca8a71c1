namespace Registry.Tests.Durability;

/// <summary>One system call as strace writes it, with the lines on which it began and ended.</summary>
internal sealed record SystemCall(string Text, int Begun, int Ended)
{
    /// <summary>The call is one of the names, on a file or with content that contains <paramref name="what"/>.</summary>
    public bool Is(string names, string what) =>
        names.Split('|').Any(name => Text.StartsWith(name + "(", StringComparison.Ordinal)) && Text.Contains(what, StringComparison.Ordinal);

    public bool Succeeded => !Text.Contains(") = -1 ", StringComparison.Ordinal);
}
