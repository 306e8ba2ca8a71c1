namespace Registry.Storage.Objects.S3;

/// <summary>
/// How large parts are. S3 takes 10,000 parts of 5 MiB to 5 GiB and objects up to 5 TiB: parts grow with the object, so that small ones are
/// sent early and the largest has some 7,000 parts; the other numbers are for parts that were sent in vain.
/// </summary>
internal static class PartSize
{
    /// <summary>The least bytes of a part that is not the last.</summary>
    public const long Least = 5 << 20;

    /// <summary>How many parts of one upload are on their way at a time.</summary>
    public const int InFlight = 2;

    /// <summary>The size of the part that begins at a position.</summary>
    public static long At(long position) => position switch
    {
        < 8L << 30 => 8 << 20, // 1,024 parts
        < 32L << 30 => 16 << 20, // 1,536
        < 128L << 30 => 64 << 20, // 1,536
        < 512L << 30 => 256 << 20, // 1,536
        _ => 3L << 30, // 1,536 to 5 TiB
    };
}
