using Registry.Auth.Permissions;
using Registry.Mirror;
using Registry.Storage.Mirror;
using Registry.Storage.Oci;
using Registry.Upstreams;

namespace Registry.Management;

/// <summary>The upstreams: what is kept of them, what they still give, and what consumes it. For administrators.</summary>
internal sealed class UpstreamEndpoints(UpstreamTable upstreams, EvictionStore sizes, ManifestFetch fetch)
{
    private const string Path = "/upstreams";
    private const string One = Path + "/{upstream}";
    private const int Busiest = 20;

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapList<UpstreamView>(Path, ListAsync, "Lists the upstreams");
        app.MapRead<UpstreamView>(One, GetAsync, "Shows an upstream, what it still gives and what consumes it");
        app.Map(HttpMethods.Post, One + "/refresh", RefreshAsync, "Asks the upstream for a tag now, however fresh it is", 200, typeof(TagRefresh), typeof(TagRefreshed));
    }

    private async Task ListAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        var page = ManagementPage.Read(http.Request);
        var views = new List<UpstreamView>();
        foreach (var upstream in upstreams.All.OrderBy(upstream => upstream.Options.Alias, StringComparer.Ordinal))
        {
            if (string.CompareOrdinal(upstream.Options.Alias, page.After) > 0 && views.Count < page.Limit)
            {
                views.Add(await ViewAsync(upstream, http.RequestAborted));
            }
        }

        await ManagementJson.ListAsync(http, page.Cut(http, views, view => view.Alias));
    }

    private async Task GetAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        await ManagementJson.WriteAsync(http, await ViewAsync(upstreams.OfNamespace(http.Named("upstream")).Found(), http.RequestAborted));
    }

    private async Task RefreshAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        var wanted = await ManagementJson.ReadAsync<TagRefresh>(http);
        if (!RepositoryName.TryParse(wanted.Repository, out var name))
        {
            throw Input.Invalid("repository", "it must be the name of a repository of the upstream");
        }

        if (!Tag.TryParse(wanted.Tag, out var tag))
        {
            throw Input.Invalid("tag", $"a tag matches {Tag.Grammar}");
        }

        var repository = upstreams.OfNamespace(http.Named("upstream")).Found().Find(name);
        var result = await fetch.RefreshAsync(repository, tag, null, http.RequestAborted);
        await ManagementJson.WriteAsync(http, new TagRefreshed(repository.Name.Value, wanted.Tag, Word(result.Outcome), result.Why));
    }

    private async Task<UpstreamView> ViewAsync(Upstream upstream, CancellationToken cancellationToken)
    {
        var options = upstream.Options;
        return new UpstreamView(
            options.Alias,
            options.Address.GetLeftPart(UriPartial.Authority),
            options.Anonymous,
            options.Offline,
            options.MaxSize,
            await sizes.SizeAsync(options.Alias, cancellationToken),
            [.. upstream.Client.Budget.Accounts.Select(account => new UpstreamAccountView(
                account.Credential?.Username, account.Remaining, account.Rest(counts: true) is { Ticks: > 0 } rest ? (long)Math.Ceiling(rest.TotalSeconds) : null, account.IsRefused))],
            [.. upstream.Use.Busiest(Busiest).Select(use => new UpstreamUseView(use.Repository, use.Manifests, use.Blobs))]);
    }

    private static string Word(UpstreamOutcome outcome) => outcome switch
    {
        UpstreamOutcome.Found or UpstreamOutcome.NotModified => "current",
        UpstreamOutcome.Missing => "missing",
        UpstreamOutcome.Limited => "limited",
        _ => "unavailable",
    };
}

/// <summary>An upstream. Of its credentials only the names are told.</summary>
internal sealed record UpstreamView(
    string Alias,
    string Address,
    bool Anonymous,
    bool Offline,
    long? MaxSize,
    long Size,
    IReadOnlyList<UpstreamAccountView> Accounts,
    IReadOnlyList<UpstreamUseView> Busiest);

/// <summary>A credential at an upstream, and how many manifests the upstream says that it still gives for it.</summary>
internal sealed record UpstreamAccountView(string? Username, long? Remaining, long? RestsForSeconds, bool Refused);

/// <summary>What this process has fetched of one repository since its start.</summary>
internal sealed record UpstreamUseView(string Repository, long Manifests, long Blobs);

/// <summary>A tag to ask the upstream for.</summary>
internal sealed record TagRefresh(string Repository, string Tag);

/// <summary>What came of it: <c>current</c>, <c>missing</c>, <c>limited</c> or <c>unavailable</c>, and why.</summary>
internal sealed record TagRefreshed(string Repository, string Tag, string Outcome, string? Why);
