using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>The same measurement on both servers, round by round in turn, so that a change of the machine hits both.</summary>
internal sealed class Duel(Workbench bench, string name, RegistryServer ours, RegistryServer peer, string peerName = "docker-registry")
{
    /// <summary>The results of every round, ours and the peer's.</summary>
    public (T[] Ours, T[] Peer) Run<T>(Func<RegistryServer, T> measure, Func<T, string> show)
    {
        T[] mine = new T[bench.Options.Rounds];
        T[] other = new T[bench.Options.Rounds];
        for (var round = 0; round < bench.Options.Rounds; round++)
        {
            // Who goes first changes, so that neither always finds the machine as the other left it.
            if (round % 2 == 0)
            {
                mine[round] = measure(ours);
                other[round] = measure(peer);
            }
            else
            {
                other[round] = measure(peer);
                mine[round] = measure(ours);
            }

            bench.Say($"{name} {round + 1}/{bench.Options.Rounds}: ours {show(mine[round])}, {peerName} {show(other[round])}");
        }

        return (mine, other);
    }

    /// <summary>Runs something on both that is not counted.</summary>
    public void Prepare(Action<RegistryServer> action)
    {
        action(ours);
        action(peer);
    }
}
