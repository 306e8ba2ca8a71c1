using FsCheck;
using FsCheck.Fluent;

namespace Registry.Tests.Model;

/// <summary>A sequence of commands, one a line.</summary>
internal sealed record Sequence(IReadOnlyList<Command> Commands)
{
    public override string ToString() => string.Concat(Commands.Select(command => $"\n  {command}"));
}

/// <summary>Random sequences. What fails is made shorter by leaving commands out.</summary>
internal static class Sequences
{
    private const int Longest = 40;

    public static readonly Arbitrary<Sequence> Any = Arb.From(
        from length in Gen.Choose(1, Longest)
        from manifest in Gen.Choose(0, Samples.Manifests.Length - 1)
        from commands in Gen.ArrayOf(Commands(Near(manifest)), length)
        select new Sequence(commands),
        Shorter);

    private static Gen<Command> Commands(Gen<int> manifests) => Gen.Frequency(
        (8, from repository in Repository from blob in Blob select (Command)new StartUpload(repository, blob)),
        (10, from upload in Upload from size in Gen.Choose(0, 12) from chunk in Choose<Chunk>() select (Command)new Append(upload, size, chunk)),
        (8, from upload in Upload from rest in Often from other in Seldom(Blob, 1) select (Command)new CloseUpload(upload, rest, other)),
        (3, from upload in Upload select (Command)new CancelUpload(upload)),
        (3, from upload in Upload select (Command)new AskUpload(upload)),
        (8, from repository in Repository from blob in Blob select (Command)new PushBlob(repository, blob)),
        (8, from repository in Repository from source in Seldom(Repository, 4) from blob in Blob select (Command)new Mount(repository, source, blob)),
        (6, from repository in Repository from blob in Blob select (Command)new DeleteBlob(repository, blob)),
        (14, Put(manifests)),
        (10, from repository in Repository from manifest in manifests from tags in Tags select (Command)new PushImage(repository, manifest, tags)),
        (10, from repository in Repository from manifest in manifests select (Command)new DeleteManifest(repository, manifest)),
        (5, from repository in Repository from tag in Gen.Choose(0, Samples.Tags.Length - 1) select (Command)new DeleteTag(repository, tag)),
        (3, from repository in Repository select (Command)new DeleteRepository(repository)),
        (4, Gen.Constant<Command>(new ReadAll())),
        (8, Gen.Constant<Command>(new Collect())),
        (1, Gen.Constant<Command>(new Restart())));

    private static Gen<Command> Put(Gen<int> manifests) =>
        from repository in Repository
        from manifest in manifests
        from byTag in Often
        from tags in Tags
        from condition in Seldom(Choose<Condition>(), 2)
        select (Command)new PutManifest(repository, manifest, !byTag, tags, condition ?? Condition.None);

    private static Gen<int> Repository => Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Constant(1)));

    private static Gen<int> Blob => Gen.Choose(0, Samples.Blobs.Length - 1);

    // What one sequence does is about one manifest, what it names and what names it: only so do commands meet.
    private static Gen<int> Near(int manifest)
    {
        var relatives = Enumerable.Range(0, Samples.Manifests.Length).Where(other => Related(manifest, other) || Related(other, manifest)).ToArray();
        var near = relatives.Length == 0 ? Gen.Constant(manifest) : Gen.Elements(relatives);
        return Gen.Frequency((3, Gen.Constant(manifest)), (3, near), (1, Gen.Choose(0, Samples.Manifests.Length - 1)));
    }

    private static bool Related(int parent, int child)
    {
        var (one, other) = (Samples.Manifests[parent], Samples.Manifests[child].Digest);
        return one.Subject == other || one.Names.Any(name => name.Digest == other);
    }

    private static Gen<int> Upload => Gen.Choose(0, 5);

    private static Gen<bool> Often => Gen.Choose(0, 3).Select(number => number > 0);

    // Most pushes carry one tag or none.
    private static Gen<TagSet> Tags => Gen.Frequency(
        (4, Gen.Choose(0, Samples.Tags.Length - 1).Select(tag => new TagSet(1 << tag))),
        (3, Gen.Constant(TagSet.None)),
        (1, Gen.Choose(0, (1 << Samples.Tags.Length) - 1).Select(bits => new TagSet(bits))));

    private static Gen<T> Choose<T>()
        where T : struct, Enum => Gen.Elements(Enum.GetValues<T>());

    /// <summary>A value in so many of six cases.</summary>
    private static Gen<T?> Seldom<T>(Gen<T> gen, int cases)
        where T : struct => Gen.Frequency((cases, gen.Select(value => (T?)value)), (6 - cases, Gen.Constant<T?>(null)));

    // A half, a quarter, … one at a time.
    private static IEnumerable<Sequence> Shorter(Sequence sequence)
    {
        var commands = sequence.Commands;
        for (var size = (commands.Count + 1) / 2; size > 0; size /= 2)
        {
            for (var start = 0; start < commands.Count; start += size)
            {
                yield return new Sequence([.. commands.Take(start), .. commands.Skip(start + size)]);
            }
        }
    }
}
