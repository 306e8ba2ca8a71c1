using Registry.Benchmarks.Content;
using Registry.Benchmarks.Loads;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>Small requests over 16 connections, in requests per second.</summary>
internal sealed class RequestLine(string name, string title, RequestKind kind, double goal, bool postgres = false) : Line(name)
{
    private const int Connections = 16;
    private const int Images = 64;
    private const string Repository = "library/app";

    public override bool NeedsPostgres => postgres;

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        var ours = postgres ? bench.StartOursOnPostgres() : bench.StartOurs();
        var peer = bench.StartPeer();
        SmallImage[] images = [.. Enumerable.Range(0, Images).Select(_ => SmallImage.Create())];
        string[] targets = [.. images.Select(Target)];
        var scripts = bench.NewDirectory("wrk");

        var duel = new Duel(bench, Name, ours, peer);
        duel.Prepare(server => Push(server, images));
        duel.Prepare(server => Load(server));
        (var mine, var other) = duel.Run(Load, rate => $"{rate:0}/s");
        return [Row.Throughput(title, "/s", mine, other, goal)];

        double Load(RegistryServer server) => kind == RequestKind.BlobHead
            ? HeadLoad.Run(server.Port, targets, Connections, bench.Options.RoundLength).PerSecond
            : WrkLoad.Run(scripts, server.Port, targets, Connections, bench.Options.RoundLength).PerSecond;
    }

    private static void Push(RegistryServer server, SmallImage[] images)
    {
        using var pusher = new Pusher(server.Port);
        for (var index = 0; index < images.Length; index++)
        {
            pusher.Push(Repository, Tag(index), images[index]);
        }
    }

    private static string Tag(int index) => $"v{index}";

    private string Target(SmallImage image, int index) => kind switch
    {
        RequestKind.ManifestByTag => $"/v2/{Repository}/manifests/{Tag(index)}",
        RequestKind.ManifestByDigest => $"/v2/{Repository}/manifests/{image.ManifestDigest}",
        _ => $"/v2/{Repository}/blobs/{image.LayerDigest}",
    };
}
