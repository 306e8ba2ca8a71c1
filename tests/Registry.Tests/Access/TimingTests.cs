using System.Diagnostics;
using System.Globalization;
using Registry.Auth.Permissions;
using Registry.Tests.Wire;
using Xunit.Abstractions;

namespace Registry.Tests.Access;

/// <summary>
/// S22: how long it takes to be told nothing of another tenant's blob and of nobody's. <c>tests/timing</c> takes many samples; a test of
/// a few cannot decide that.
/// </summary>
[Trait("Needs", "time")]
public sealed class TimingTests(ITestOutputHelper output)
{
    private const string Foreign = "tenant/secret", Missing = "tenant/absent";

    [Theory, Engines]
    public async Task S22_what_is_hidden_is_timed_against_what_is_missing(Engine engine)
    {
        var samples = int.Parse(Environment.GetEnvironmentVariable("TIMING_SAMPLES") is { Length: > 0 } text ? text : "20", CultureInfo.InvariantCulture);
        await using var app = await RegistryApp.StartAsync(engine);
        var tenants = new Tenants(app);
        var administrator = await tenants.UserAsync("root", administrator: true);
        var stranger = await tenants.UserAsync("stranger", Role.Writer, "mine/*");
        using var theirs = tenants.Client(administrator.ByToken);
        using var http = tenants.Client(stranger.ByToken);
        var image = await new RepositoryClient(theirs, Foreign).PushImageAsync("latest");
        await new RepositoryClient(http, "mine/app").PushIndexAsync("latest");

        // Much to read for who may.
        var large = new Dictionary<string, string> { ["text"] = new('x', 1 << 20) };
        await new RepositoryClient(theirs, Foreign).PushManifestAsync("large", Oci.Index([], annotations: large), Oci.IndexType);
        foreach (var tags in Enumerable.Range(0, 500).Select(i => $"tag=t{i}").Chunk(100))
        {
            using var tagged = await new RepositoryClient(theirs, Foreign).PutManifestAsync(image.Digest, image.Manifest, image.MediaType, $"?{string.Join('&', tags)}");
            Assert.True(tagged.IsSuccessStatusCode);
        }
        var (there, nowhere) = (image.Config.Digest, Oci.Digest(Oci.RandomBytes(32)));

        foreach (var (what, method, hidden, missing) in new[]
        {
            ("repository, tags", "GET", $"/v2/{Foreign}/tags/list", $"/v2/{Missing}/tags/list"),
            ("repository, manifest", "HEAD", $"/v2/{Foreign}/manifests/latest", $"/v2/{Missing}/manifests/latest"),
            ("repository, manifest of 1 MiB", "GET", $"/v2/{Foreign}/manifests/large", $"/v2/{Missing}/manifests/large"),
            ("repository, blob", "HEAD", $"/v2/{Foreign}/blobs/{there}", $"/v2/{Missing}/blobs/{there}"),
            ("repository, referrers", "GET", $"/v2/{Foreign}/referrers/{image.Digest}", $"/v2/{Missing}/referrers/{image.Digest}"),
            ("blob of one's own repository", "HEAD", $"/v2/mine/app/blobs/{there}", $"/v2/mine/app/blobs/{nowhere}"),
            ("mount of a blob", "POST", $"/v2/mine/app/blobs/uploads/?mount={there}&from={Foreign}", $"/v2/mine/app/blobs/uploads/?mount={nowhere}&from={Foreign}"),
            ("mount from a repository", "POST", $"/v2/mine/app/blobs/uploads/?mount={there}&from={Foreign}", $"/v2/mine/app/blobs/uploads/?mount={there}&from={Missing}"),
            ("mount from anywhere", "POST", $"/v2/mine/app/blobs/uploads/?mount={there}", $"/v2/mine/app/blobs/uploads/?mount={nowhere}"),
        })
        {
            var (one, other) = await TimeAsync(http, method, hidden, missing, samples);
            output.WriteLine(
                $"{engine}, {what}: {samples} of each, median {MannWhitney.Median(one):0.000} ms where it is hidden, {MannWhitney.Median(other):0.000} ms where it is missing; Mann-Whitney p = {MannWhitney.P(one, other):0.000}");
        }
    }

    private static async Task<(double[] Hidden, double[] Missing)> TimeAsync(HttpClient http, string method, string hidden, string missing, int samples)
    {
        var (one, other) = (new double[samples], new double[samples]);
        var random = new Random(22);
        for (var i = -10; i < samples; i++)
        {
            var first = random.Next(2);
            for (var turn = 0; turn < 2; turn++)
            {
                var isHidden = turn == first;
                var start = Stopwatch.GetTimestamp();
                var answer = await http.SendAsync(method, isHidden ? hidden : missing);
                var time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                Assert.True(answer.Status is 202 or 404, $"{answer}");
                if (i >= 0)
                {
                    (isHidden ? one : other)[i] = time;
                }
            }
        }

        return (one, other);
    }
}
