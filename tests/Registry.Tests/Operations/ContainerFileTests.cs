using System.Text.RegularExpressions;

namespace Registry.Tests.Operations;

/// <summary>What the Dockerfile and the compose file promise, as far as their text shows it.</summary>
public sealed partial class ContainerFileTests
{
    private static readonly string Compose = File.ReadAllText(Path.Combine(SourceTree.Root, "docker-compose.yml"));
    private static readonly string Dockerfile = File.ReadAllText(Path.Combine(SourceTree.Root, "Dockerfile"));

    [Fact]
    public void Every_secret_has_to_be_given_and_none_has_a_default()
    {
        var variables = Variable().Matches(Compose).Select(match => match.Value).ToList();

        Assert.NotEmpty(variables);
        Assert.All(variables, variable => Assert.Contains(":?", variable, StringComparison.Ordinal));
        Assert.All(
            Secret().Matches(Compose).Select(match => match.Groups[1].Value),
            value => Assert.Contains("${", value, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_secrets_that_the_compose_file_wants_are_those_that_are_made_for_it()
    {
        var made = (await ChildProcess.RunAsync("sh", [Path.Combine(SourceTree.Root, "deploy", "secrets")]))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.Equal(Variable().Matches(Compose).Select(match => match.Groups[1].Value).Distinct().Order(), made.Keys.Order());
        Assert.All(made.Values, value => Assert.True(value.Length >= 32, value));
        Assert.Equal(made.Count, made.Values.Distinct().Count());
    }

    [Fact]
    public void Every_image_is_of_a_named_version_and_every_server_is_checked_for_health()
    {
        foreach (var image in Image().Matches(Compose + Dockerfile).Select(match => match.Groups[1].Value))
        {
            Assert.Matches(@":[v0-9][0-9.]*$", image);
        }

        foreach (var service in Service().Matches(Compose[Compose.IndexOf("services:", StringComparison.Ordinal)..]).Select(match => match.Value))
        {
            Assert.True(
                service.Contains("healthcheck:", StringComparison.Ordinal) || service.Contains("*replica", StringComparison.Ordinal),
                $"no health check in\n{service}");
            Assert.Contains("restart: unless-stopped", service.Contains("*replica", StringComparison.Ordinal) ? Compose : service, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_image_is_built_in_stages_and_does_not_run_as_root()
    {
        var lines = Dockerfile.Split('\n');

        Assert.Equal(2, lines.Count(line => line.StartsWith("FROM ", StringComparison.Ordinal)));
        Assert.Contains("--platform=$BUILDPLATFORM", lines.First(line => line.StartsWith("FROM ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal("USER app", lines.Last(line => line.StartsWith("USER ", StringComparison.Ordinal)));
        Assert.True(Array.FindIndex(lines, line => line.StartsWith("USER ", StringComparison.Ordinal)) < Array.FindIndex(lines, line => line.StartsWith("ENTRYPOINT ", StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.StartsWith("HEALTHCHECK ", StringComparison.Ordinal));
        foreach (var project in Project().Matches(Dockerfile).Select(match => match.Groups[1].Value))
        {
            Assert.True(File.Exists(Path.Combine(SourceTree.Root, project)), project);
        }
    }

    [Fact]
    [Trait("Needs", "postgres")]
    public async Task The_load_balancers_configuration_is_valid() => await ChildProcess.RunAsync(
        "haproxy",
        ["-c", "-f", Path.Combine(SourceTree.Root, "deploy", "haproxy.cfg")],
        new Dictionary<string, string?> { ["LISTEN"] = "127.0.0.1:1", ["REPLICA1"] = "127.0.0.1:2", ["REPLICA2"] = "127.0.0.1:3" });

    [GeneratedRegex(@"\$\{([A-Z0-9_]+)[^}]*\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^ *[A-Za-z0-9_]*(?:PASSWORD|SECRET|SecretKey|SECRET_KEY)[A-Za-z_]*: (.*)$", RegexOptions.Multiline)]
    private static partial Regex Secret();

    [GeneratedRegex(@"^(?: *image: |FROM (?:--platform=\S+ )?)(\S+)", RegexOptions.Multiline)]
    private static partial Regex Image();

    [GeneratedRegex(@"^  \w+:\n(?:    .*\n)+", RegexOptions.Multiline)]
    private static partial Regex Service();

    [GeneratedRegex(@"^COPY (src/\S+\.csproj)", RegexOptions.Multiline)]
    private static partial Regex Project();
}
