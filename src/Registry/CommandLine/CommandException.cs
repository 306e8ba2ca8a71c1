namespace Registry.CommandLine;

/// <summary>A command that cannot do its work; the message is for the person.</summary>
internal sealed class CommandException(string message) : Exception(message);
