using System.Text;

namespace Registry.CommandLine;

/// <summary>Secrets come from the terminal, unseen, or from standard input; never from an argument, which everyone on the machine can read.</summary>
internal static class SecretInput
{
    /// <summary>One secret; from a terminal, a new one is asked for twice.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static string Read(string prompt, bool fromInput, bool isNew)
    {
        if (fromInput)
        {
            return Console.In.ReadLine() ?? throw new CommandException($"standard input has no line for: {prompt}");
        }

        if (Console.IsInputRedirected)
        {
            throw new CommandException($"there is no terminal to ask for: {prompt}. Use --password-stdin");
        }

        var secret = Ask(prompt);
        return !isNew || Ask($"{prompt} again") == secret ? secret : throw new CommandException("the two are not the same");
    }

    private static string Ask(string prompt)
    {
        Console.Error.Write($"{prompt}: ");
        var text = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                text.Length = Math.Max(0, text.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                text.Append(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return text.ToString();
    }
}
