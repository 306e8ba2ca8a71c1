using System.Text;
using System.Text.Json;
using Registry.Benchmarks.Content;
using Registry.Benchmarks.Http;
using Registry.Benchmarks.Loads;
using Registry.Benchmarks.Results;
using Registry.Benchmarks.Servers;

namespace Registry.Benchmarks.Lines;

/// <summary>
/// What it costs to know who asks: the same manifest of a public repository without credentials, and of a private one with a bearer
/// token, turn by turn; and how many tokens are issued for an access token.
/// </summary>
internal sealed class SignedInLine() : Line("access")
{
    private const int Connections = 16;
    private const double MostCpu = 1.25;
    private const double FewestTokens = 1000;
    private const string Public = "open/app";
    private const string Private = "team/app";

    public override IEnumerable<Row> Measure(Workbench bench)
    {
        if (bench.Options.Calibrate)
        {
            return [];
        }

        var server = bench.StartOurs();
        Push(server);
        var secret = SignUp(bench, server);
        var basic = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"alice:{secret}"))}";
        var bearer = $"Bearer {FetchToken(server, basic)}";
        var scripts = bench.NewDirectory("wrk");

        double[] anonymous = new double[bench.Options.Rounds], signedIn = new double[bench.Options.Rounds], tokens = new double[bench.Options.Rounds];
        for (var round = 0; round < bench.Options.Rounds; round++)
        {
            anonymous[round] = CpuPerRequest($"/v2/{Public}/manifests/v1", null);
            signedIn[round] = CpuPerRequest($"/v2/{Private}/manifests/v1", bearer);
            tokens[round] = Load($"/token?service=registry&scope=repository:{Private}:pull", basic).PerSecond;
            bench.Say($"{Name} {round + 1}/{bench.Options.Rounds}: {anonymous[round]:0.0} and {signedIn[round]:0.0} µs, {tokens[round]:0} tokens/s");
        }

        return
        [
            Row.Cost("manifest by tag, bearer token beside anonymous", "µs CPU", signedIn, anonymous, MostCpu),
            Row.Floor("tokens for an access token", "/s", Statistics.Median(tokens), FewestTokens),
        ];

        LoadResult Load(string target, string? authorization) =>
            WrkLoad.Run(scripts, server.Port, [target], Connections, bench.Options.RoundLength, authorization);

        double CpuPerRequest(string target, string? authorization)
        {
            var before = server.Usage.CpuSeconds;
            var result = Load(target, authorization);
            _ = result.PerSecond;
            return (server.Usage.CpuSeconds - before) / result.Requests * 1e6;
        }
    }

    private static void Push(RegistryServer server)
    {
        using var pusher = new Pusher(server.Port);
        pusher.Push(Public, "v1", SmallImage.Create());
        pusher.Push(Private, "v1", SmallImage.Create());
    }

    // An administrator, so that the first repository is made public; and a reader with an access token.
    private static string SignUp(Workbench bench, RegistryServer server)
    {
        Command("user", "add", "admin", "--administrator", "--no-password");
        Command("user", "add", "alice", "--no-password");
        Command("namespace", "visibility", "open", "public");
        Command("grant", "add", "alice", "reader", "team/*");
        return Command("token", "create", "alice").Trim();

        string Command(params string[] words) => Tools.Run(bench.Program, [.. words, $"--DataDirectory={server.DataDirectory}"]);
    }

    private static string FetchToken(RegistryServer server, string basic)
    {
        using var connection = HttpConnection.Open(server.Port);
        var answer = connection.Send("GET", $"/token?scope=repository:{Private}:pull", $"Authorization: {basic}\r\n", []);
        using var json = JsonDocument.Parse(answer.Body);
        return json.RootElement.GetProperty("token").GetString()!;
    }
}
