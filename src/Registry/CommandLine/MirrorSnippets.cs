using System.Text;
using Registry.Upstreams;

namespace Registry.CommandLine;

/// <summary>The settings of clients. Each tells the original first, so that nothing is lost when the mirror is away.</summary>
internal static class MirrorSnippets
{
    private static readonly Dictionary<string, Action<StringBuilder, Uri, IReadOnlyList<SnippetUpstream>>> Writers = new()
    {
        ["docker"] = Docker,
        ["containerd"] = Containerd,
        ["podman"] = Podman,
        ["kubernetes"] = Kubernetes,
        ["ci"] = Ci,
    };

    /// <summary>Whom there are settings for.</summary>
    public static string[] Clients => [.. Writers.Keys];

    /// <summary>The settings of one client.</summary>
    public static string Write(string client, Uri url, IReadOnlyList<SnippetUpstream> upstreams)
    {
        var text = new StringBuilder();
        Writers[client](text, new Uri(url.GetLeftPart(UriPartial.Authority)), upstreams);
        return text.ToString();
    }

    private static string Root(Uri url) => url.GetLeftPart(UriPartial.Authority);

    private static void Docker(StringBuilder text, Uri url, IReadOnlyList<SnippetUpstream> upstreams)
    {
        var hub = upstreams.FirstOrDefault(upstream => upstream.Namespace == "docker.io");
        if (hub is null)
        {
            text.AppendLine("# Docker has mirrors for Docker Hub only: pull the others by their names here");
            foreach (var upstream in upstreams)
            {
                text.AppendLine($"docker pull {url.Authority}/{upstream.Alias}/NAME");
            }

            return;
        }

        text.AppendLine("# /etc/docker/daemon.json, then: systemctl reload docker");
        text.AppendLine("{");
        text.AppendLine($"  \"registry-mirrors\": [\"{Root(url)}/{hub.Alias}\"]{(url.Scheme == "http" ? "," : string.Empty)}");
        if (url.Scheme == "http")
        {
            text.AppendLine($"  \"insecure-registries\": [\"{url.Authority}\"]");
        }

        text.AppendLine("}");
        text.AppendLine("# Docker before 24.0.8 takes no path: give the mirror a host name of its own with Upstreams:" + hub.Alias + ":Hosts");
    }

    private static void Containerd(StringBuilder text, Uri url, IReadOnlyList<SnippetUpstream> upstreams)
    {
        foreach (var upstream in upstreams)
        {
            text.AppendLine($"# /etc/containerd/certs.d/{upstream.Namespace}/hosts.toml");
            text.AppendLine($"server = \"{upstream.Server}\"");
            text.AppendLine($"[host.\"{Root(url)}\"]");
            text.AppendLine("  capabilities = [\"pull\", \"resolve\"]");
            text.AppendLine();
        }

        text.AppendLine("# /etc/containerd/config.toml (containerd 2: plugins.'io.containerd.cri.v1.images'.registry)");
        text.AppendLine("[plugins.\"io.containerd.grpc.v1.cri\".registry]");
        text.AppendLine("  config_path = \"/etc/containerd/certs.d\"");
    }

    private static void Podman(StringBuilder text, Uri url, IReadOnlyList<SnippetUpstream> upstreams)
    {
        text.AppendLine("# /etc/containers/registries.conf.d/mirror.conf, for podman, buildah, skopeo and CRI-O");
        foreach (var upstream in upstreams)
        {
            text.AppendLine("[[registry]]");
            text.AppendLine($"prefix = \"{upstream.Namespace}\"");
            text.AppendLine($"location = \"{upstream.Namespace}\"");
            text.AppendLine("[[registry.mirror]]");
            text.AppendLine($"location = \"{url.Authority}/{upstream.Alias}\"");
            if (url.Scheme == "http")
            {
                text.AppendLine("insecure = true");
            }

            text.AppendLine();
        }
    }

    private static void Kubernetes(StringBuilder text, Uri url, IReadOnlyList<SnippetUpstream> upstreams)
    {
        text.AppendLine("# k3s and RKE2: /etc/rancher/k3s/registries.yaml or /etc/rancher/rke2/registries.yaml on each node");
        text.AppendLine("mirrors:");
        foreach (var upstream in upstreams)
        {
            text.AppendLine($"  \"{upstream.Namespace}\":");
            text.AppendLine("    endpoint:");
            text.AppendLine($"      - \"{Root(url)}\"");
        }

        text.AppendLine();
        text.AppendLine("# Other clusters with containerd, on each node:");
        Containerd(text, url, upstreams);
    }

    private static void Ci(StringBuilder text, Uri url, IReadOnlyList<SnippetUpstream> upstreams)
    {
        text.AppendLine("# BuildKit: buildkitd.toml, or buildkitd-config-inline of docker/setup-buildx-action");
        foreach (var upstream in upstreams)
        {
            text.AppendLine($"[registry.\"{upstream.Namespace}\"]");
            text.AppendLine($"  mirrors = [\"{url.Authority}/{upstream.Alias}\"]");
        }

        if (url.Scheme == "http")
        {
            text.AppendLine($"[registry.\"{url.Authority}\"]");
            text.AppendLine("  http = true");
        }

        if (upstreams.FirstOrDefault(upstream => upstream.Namespace == "docker.io") is { } hub)
        {
            text.AppendLine();
            text.AppendLine("# GitLab with Docker in Docker: .gitlab-ci.yml");
            text.AppendLine("services:");
            text.AppendLine("  - name: docker:dind");
            text.AppendLine($"    command: [\"--registry-mirror\", \"{Root(url)}/{hub.Alias}\"]");
        }
    }
}

/// <summary>An upstream as clients know it.</summary>
/// <param name="Alias">Its namespace here.</param>
/// <param name="Namespace">The registry in the references of images.</param>
/// <param name="Server">Where the original is.</param>
internal sealed record SnippetUpstream(string Alias, string Namespace, string Server)
{
    public static SnippetUpstream Of(string alias, UpstreamOptions? options)
    {
        var isHub = options?.IsDockerHub ?? alias == "docker.io";
        var name = isHub ? "docker.io" : options?.Address.Authority ?? alias;
        return new SnippetUpstream(alias, name, isHub ? "https://registry-1.docker.io" : options?.Address.GetLeftPart(UriPartial.Authority) ?? $"https://{alias}");
    }
}
