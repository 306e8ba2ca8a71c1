using System.Xml.Linq;

namespace Registry.Tests.Clients;

/// <summary>A small program that the .NET SDK builds and pushes as an image, without Docker.</summary>
public sealed class DotnetApp
{
    /// <summary>What the SDK sends at a time when it is made to push in chunks.</summary>
    public const int ChunkSize = 64 * 1024;

    /// <summary>Random, so that the layer does not get smaller than several chunks.</summary>
    public const int PayloadSize = 300_000;

    private static readonly TimeSpan PublishGuard = TimeSpan.FromMinutes(5);

    private readonly string _path;

    private DotnetApp(string path, byte[] payload)
    {
        _path = path;
        Payload = payload;
    }

    /// <summary>A file that the image carries as app/payload.bin.</summary>
    public byte[] Payload { get; }

    public static DotnetApp Write(string path)
    {
        var payload = Oci.RandomBytes(PayloadSize);
        var project = new XElement(
            "Project",
            new XAttribute("Sdk", "Microsoft.NET.Sdk"),
            new XElement(
                "PropertyGroup",
                new XElement("OutputType", "Exe"),
                new XElement("TargetFramework", $"net{System.Environment.Version.Major}.0"),
                new XElement("UseAppHost", "false")),
            new XElement(
                "ItemGroup",
                new XElement("Content", new XAttribute("Include", "payload.bin"), new XAttribute("CopyToPublishDirectory", "Always"))));
        Directory.CreateDirectory(path);
        project.Save(Path.Combine(path, "app.csproj"));
        File.WriteAllText(Path.Combine(path, "Program.cs"), "System.Console.WriteLine(\"hello\");\n");
        File.WriteAllBytes(Path.Combine(path, "payload.bin"), payload);
        return new DotnetApp(path, payload);
    }

    /// <summary>Publishes onto the base image, which is in the same registry.</summary>
    public Task PublishAsync(Uri registry, string baseImage, string repository, string tag, bool inChunks, string? dockerConfig = null) => ChildProcess.RunAsync(
        "dotnet", Arguments(registry, baseImage, repository, tag), Environment(registry, inChunks, dockerConfig), _path, PublishGuard);

    /// <summary>The same where it has to fail. Returns what it says.</summary>
    public async Task<string> FailToPublishAsync(Uri registry, string baseImage, string repository, string tag, string dockerConfig)
    {
        await using var process = ChildProcess.Start(
            "dotnet", Arguments(registry, baseImage, repository, tag), Environment(registry, inChunks: false, dockerConfig), _path);
        await process.ExitedAsync(PublishGuard);
        Assert.True(process.ExitCode is not 0, process.Output);
        return process.Output;
    }

    /// <summary>The same where it may fail. True when it has not.</summary>
    public async Task<bool> TryPublishAsync(Uri registry, string baseImage, string repository, string tag, bool inChunks)
    {
        await using var process = ChildProcess.Start(
            "dotnet", Arguments(registry, baseImage, repository, tag), Environment(registry, inChunks), _path);
        await process.ExitedAsync(PublishGuard);
        return process.ExitCode is 0;
    }

    /// <summary>Under which name the SDK takes a registry on this machine without TLS.</summary>
    public static string Authority(Uri registry) => $"localhost:{registry.Port}";

    private static string[] Arguments(Uri registry, string baseImage, string repository, string tag) =>
    [
        "publish", "-t:PublishContainer", "-c", "Release", "-p:UseSharedCompilation=false",
        $"-p:ContainerBaseImage={Authority(registry)}/{baseImage}",
        $"-p:ContainerRegistry={Authority(registry)}",
        $"-p:ContainerRepository={repository}",
        $"-p:ContainerImageTag={tag}",
    ];

    private static Dictionary<string, string?> Environment(Uri registry, bool inChunks, string? dockerConfig = null) => new()
    {
        ["DOTNET_CONTAINER_DEBUG_REGISTRY_FORCE_CHUNKED_UPLOAD"] = inChunks ? "true" : null,
        ["DOTNET_CONTAINER_INSECURE_REGISTRIES"] = Authority(registry),
        ["DOCKER_CONFIG"] = dockerConfig,
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["MSBUILDDISABLENODEREUSE"] = "1",
    };
}
