using System.Diagnostics;
using System.Globalization;

namespace Registry.Storage;

/// <summary>
/// Ends the process by SIGKILL where <c>REGISTRY_FAULT_POINT</c> says: <c>BeforeCommit:3</c> is the third time that a transaction
/// is about to commit. Without the variable it costs nothing: the compiler knows the field by the time a method is hot.
/// </summary>
internal static class Fault
{
    private static readonly bool Armed = Environment.GetEnvironmentVariable("REGISTRY_FAULT_POINT") is { Length: > 0 };
    private static readonly (FaultPoint Point, int Times) Deadly = Armed ? Read(Environment.GetEnvironmentVariable("REGISTRY_FAULT_POINT")!) : default;
    private static int reached;

    public static void Reach(FaultPoint point)
    {
        if (Armed)
        {
            Count(point);
        }
    }

    private static void Count(FaultPoint point)
    {
        if (point == Deadly.Point && Interlocked.Increment(ref reached) == Deadly.Times)
        {
            Console.Error.WriteLine($"killed at fault point {point}:{Deadly.Times}");
            using var self = Process.GetCurrentProcess();
            self.Kill();
        }
    }

    private static (FaultPoint Point, int Times) Read(string text) =>
        text.Split(':') is [var point, var times]
            ? (Enum.Parse<FaultPoint>(point), int.Parse(times, CultureInfo.InvariantCulture))
            : throw new FormatException($"REGISTRY_FAULT_POINT: \"{text}\" is not of the form BeforeCommit:3");
}
