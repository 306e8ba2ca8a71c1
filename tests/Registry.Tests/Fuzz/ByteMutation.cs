namespace Registry.Tests.Fuzz;

/// <summary>Spoils bytes without regard to what they mean.</summary>
internal static class ByteMutation
{
    private static readonly byte[] Telling = [0, 9, 10, 13, 32, 34, 37, 44, 46, 47, 58, 59, 63, 92, 127, 128, 192, 237, 255];

    public static byte[] Apply(Random random, byte[] bytes)
    {
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            bytes = Once(random, bytes);
        }

        return bytes;
    }

    private static byte[] Once(Random random, byte[] bytes)
    {
        var at = random.Next(bytes.Length + 1);
        var length = Math.Min(bytes.Length - at, random.Next(1, 20));
        switch (random.Next(6))
        {
            case 0 when at < bytes.Length:
                return [.. bytes[..at], (byte)(bytes[at] ^ (1 << random.Next(8))), .. bytes[(at + 1)..]];
            case 1 when at < bytes.Length:
                return [.. bytes[..at], random.Of(Telling), .. bytes[(at + 1)..]];
            case 2:
                return [.. bytes[..at], random.Of(Telling), .. bytes[at..]];
            case 3:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 4:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            default:
                return random.Next(4) == 0 ? bytes[..at] : [.. bytes[..at], .. System.Text.Encoding.Latin1.GetBytes(Values.Any(random)), .. bytes[at..]];
        }
    }
}
