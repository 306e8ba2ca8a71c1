using Microsoft.Extensions.DependencyInjection;
using Registry.Auth;
using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Storage.Repositories;
using Registry.Tests.Wire;

namespace Registry.Tests.Access;

/// <summary>Catalog and search show what the policy lets the caller pull, name by name: no more, no less, none twice.</summary>
public sealed class ListingTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    // Names whose order and ranges are easily got wrong.
    private static readonly string[] Names =
    [
        "a", "a/a", "a/b", "a/b/c", "a/z", "a-b", "a-b/c", "a.b/c", "a0", "a0/b", "a_b", "a__b/c", "aa", "aa/b", "ab", "b", "b/a", "b/a-1", "b/a-2", "b/a/x",
        "b/ab", "b0/a", "c/d", "c/d-e", "c/d.e", "c/d/e", "c/d0", "z", "z/z", "zz/z", "0", "0/a", "9/z",
    ];

    private static readonly string[] Patterns =
        ["a/*", "a/b", "a/b*", "a*", "b/*", "b/a-*", "b/a", "c/d*", "c/d", "c/d/*", "z*", "z/*", "0*", "0/*", "9/z", "aa/*", "a-*", "a_*", "no/*", "*"];

    [Theory]
    [Engines]
    public async Task Lists_show_what_may_be_pulled(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var tenants = new Tenants(app);
        var administrator = await tenants.UserAsync("root", administrator: true);
        using var http = tenants.Client(administrator.ByToken);
        foreach (var name in Names)
        {
            await new RepositoryClient(http, name).PushIndexAsync("latest");
        }

        var random = new Random(20261121);
        var open = Names.Where(_ => random.Next(6) == 0).ToHashSet();
        foreach (var name in open)
        {
            await tenants.MakePublicAsync(name);
        }

        for (var run = 0; run < 25; run++)
        {
            var user = await tenants.UserAsync($"user-{run}");
            foreach (var pattern in Patterns.Where(_ => random.Next(7) == 0))
            {
                await tenants.GrantAsync(user, (Role)random.Next(1, 5), pattern);
            }

            if (random.Next(3) == 0)
            {
                var limits = new CredentialLimits([new(Patterns[random.Next(Patterns.Length)], [CredentialLimits.Actions[random.Next(3)]])]);
                await tenants.ExecuteAsync("update credential set limits = @json where id = @TokenId", new { json = limits.Format(), user.TokenId });
            }

            var expected = await ExpectedAsync(app, user, open);
            await CheckAsync(app, user.ByToken, expected);
            await CheckAsync(app, $"Bearer {await tenants.TokenAsync(user.ByToken, "registry:catalog:*")}", expected);
        }

        await CheckAsync(app, administrator.ByToken, Names);
        await CheckAsync(app, $"Bearer {await tenants.TokenAsync(null, "registry:catalog:*")}", open);
    }

    private static async Task<List<string>> ExpectedAsync(RegistryApp app, Tenant user, HashSet<string> open)
    {
        var principals = app.Services.GetRequiredService<Principals>();
        var principal = (await principals.FindByTokenAsync(user.Token, default))!;
        var policy = new Policy(AnonymousPull: true, TrustsOthers: false);
        return [.. Names.Where(name => policy.Decide(
            new Identity(principal), Right.Pull, name, new RepositoryFacts(1, true, open.Contains(name), 1, principal.Epoch)) == Verdict.Allowed)];
    }

    private static async Task CheckAsync(RegistryApp app, string authorization, IEnumerable<string> expected)
    {
        var sorted = expected.Order(StringComparer.Ordinal).ToList();
        foreach (var size in new[] { 1, 3, 1000 })
        {
            var listed = new List<string>();
            for (var next = $"/v2/_catalog?n={size}"; next is not null;)
            {
                var page = (await app.Client.SendAsync("GET", next, ("Authorization", authorization))).Is(200);
                listed.AddRange(page.Strings("repositories"));
                next = page["Link"] is { } link ? link[1..link.IndexOf('>', StringComparison.Ordinal)] : null;
                Assert.True(listed.Count <= Names.Length, $"pages repeat: {page}");
            }

            Assert.Equal(sorted, listed);
        }

        foreach (var term in new[] { "", "a", "b/a", "-", "_", "%", "z" })
        {
            var found = (await app.Client.SendAsync("GET", $"/v1/search?n=100&q={Uri.EscapeDataString(term)}", ("Authorization", authorization))).Is(200);
            Assert.Equal(
                sorted.Where(name => name.Contains(term, StringComparison.Ordinal)),
                found.Json()["results"]!.AsArray().Select(result => (string)result!["name"]!));
        }
    }
}
