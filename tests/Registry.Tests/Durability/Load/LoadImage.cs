using System.Text;
using Registry.Tests.Wire;

namespace Registry.Tests.Durability.Load;

/// <summary>An image that is made of a seed: its manifest, and the blobs it names.</summary>
internal sealed record LoadImage(string Digest, byte[] Manifest, IReadOnlyList<byte[]> Blobs)
{
    private const int Shared = 8;

    // The same in every repository, so that images of different writers share them.
    private static readonly byte[][] SharedLayers = [.. Enumerable.Range(0, Shared).Select(number => Bytes(new Random(number), 40_000))];

    /// <summary>A config of its own, and up to three layers, of which about half are shared.</summary>
    public static LoadImage Make(Random random)
    {
        byte[][] layers = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Layer(random)).DistinctBy(layer => RepositoryWire.DigestOf(layer))];
        return Make(random, layers);
    }

    private static LoadImage Make(Random random, byte[][] layers)
    {
        var config = Encoding.UTF8.GetBytes($$"""{"architecture":"amd64","os":"linux","created":"{{random.NextInt64():x16}}"}""");
        var manifest = Documents.Image(
            Documents.Describe(Oci.ConfigType, config), [.. layers.Select(layer => Documents.Describe(Documents.LayerType, layer))]).Bytes();
        return new LoadImage(RepositoryWire.DigestOf(manifest), manifest, [config, .. layers]);
    }

    /// <summary>A config of its own, and one layer that is shared with every fifth image.</summary>
    public static LoadImage Small(int number) => Make(new Random(number), [SharedLayers[number % 5]]);

    private static byte[] Layer(Random random) => random.Next(10) switch
    {
        < 5 => SharedLayers[random.Next(Shared)],
        < 9 => Bytes(random, 20_000),
        _ => Bytes(random, 400_000),
    };

    private static byte[] Bytes(Random random, int most)
    {
        var bytes = new byte[random.Next(1, most)];
        random.NextBytes(bytes);
        return bytes;
    }
}
