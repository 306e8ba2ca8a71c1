namespace Registry.Tests.Model;

/// <summary>A set of the sample tags, one bit each.</summary>
internal readonly record struct TagSet(int Bits)
{
    public static readonly TagSet None = new(0);

    public int Count => Names.Count();

    public IEnumerable<string> Names
    {
        get
        {
            var bits = Bits;
            return Samples.Tags.Where((_, position) => (bits >> position & 1) == 1);
        }
    }

    public override string ToString() => $"[{string.Join(' ', Names)}]";
}

/// <summary>What the push of a tag asks of the tag.</summary>
internal enum Condition
{
    None,
    Absent,
    Present,
    AsItIs,
    PointsHere,
}

/// <summary>The conditions as a client sends them and as they are meant.</summary>
internal static class Conditions
{
    public static (string, string)[] Headers(this Condition condition, string? current, string digest) => condition switch
    {
        Condition.Absent => [("If-None-Match", "*")],
        Condition.Present => [("If-Match", "*")],
        Condition.AsItIs => current is null ? [("If-None-Match", "*")] : [("If-Match", $"\"{current}\"")],
        Condition.PointsHere => [("If-Match", $"\"{digest}\"")],
        _ => [],
    };

    public static Func<string?, bool> Allows(this Condition condition, string? current, string digest) => tag => condition switch
    {
        Condition.Absent => tag is null,
        Condition.Present => tag is not null,
        Condition.AsItIs => tag == current,
        Condition.PointsHere => tag == digest,
        _ => true,
    };
}
