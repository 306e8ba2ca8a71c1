using Registry.Benchmarks.Content;
using Registry.Benchmarks.Loads;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>A blob of 1 GiB sent over one connection, from the POST to the 201.</summary>
internal sealed class BigPushLine() : Line("upload")
{
    private const string Repository = "team/large";

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        var content = new BigContent(1L << 30);
        return
        [
            .. Measure(bench, "push of 1 GiB, PUT", content, (pusher, blob) => pusher.PushBig(Repository, blob)),
            .. Measure(bench, "push of 1 GiB, chunked PATCH", content, (pusher, blob) => pusher.PushBigChunked(Repository, blob)),
        ];
    }

    private IEnumerable<Row> Measure(Workbench bench, string title, BigContent content, Action<Pusher, BigBlob> push)
    {
        var ours = bench.StartOurs();
        var peer = bench.StartPeer();
        var duel = new Duel(bench, Name, ours, peer);
        duel.Prepare(server => Push(server));
        (Transfer[] mine, Transfer[] other) = duel.Run(Push, transfer => transfer.ToString());
        bench.StopServers();
        return TransferRows.Of(title, mine, other, goal: 2);

        Transfer Push(RegistryServer server)
        {
            var blob = content.Next();
            // What the other server left unwritten must not be paid for by the one that syncs.
            NativeMethods.Sync();
            DropCaches();
            using var pusher = new Pusher(server.Port);
            return Transfer.Measure(server, () =>
            {
                push(pusher, blob);
                return blob.Size;
            });
        }
    }

    // The pages of earlier rounds go back to the system, so that every round writes into memory that has been in use before: a
    // virtual machine pays several times the cost of the push for a page that it has never touched.
    private static void DropCaches()
    {
        if (Environment.IsPrivilegedProcess)
        {
            File.WriteAllText("/proc/sys/vm/drop_caches", "1");
        }
    }
}
