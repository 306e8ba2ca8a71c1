using Registry.Auth.Permissions;
using Registry.Tests.Wire;

namespace Registry.Tests.Access;

/// <summary>S28: whoever may not move tags moves none, and whoever may not remove removes nothing, by whatever way.</summary>
public sealed class KeptTagTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory]
    [Engines(Role.Writer)]
    [Engines(Role.Maintainer)]
    [Engines(Role.Owner)]
    public async Task S28_a_tag_that_may_not_be_moved_or_removed_stays_where_it_is(Engine engine, Role role)
    {
        var app = await registry.AppAsync(engine);
        var tenants = new Tenants(app);
        var space = $"kept-{role}".ToLowerInvariant();
        var user = await tenants.UserAsync($"{space}-user", role, $"{space}/*", overwrite: false, removal: false);
        using var http = tenants.Client(user.ByToken);
        var name = $"{space}/app";
        var repository = new RepositoryClient(http, name);
        var image = await repository.PushImageAsync("v1");
        var other = await repository.PushImageAsync("v2");
        var bearer = $"Bearer {await tenants.TokenAsync(user.ByToken, $"repository:{name}:*", $"repository:{name}:pull,push,delete")}";
        foreach (var authorization in new[] { user.ByToken, user.ByPassword, bearer })
        {
            var random = new Random(7);
            for (var step = 0; step < 30; step++)
            {
                var answer = await StepAsync(app.Client, authorization, name, image, other, random.Next(8));
                Assert.True(answer.Status is 403 or 412, $"{answer}");
                var tag = await app.Client.SendAsync("HEAD", $"/v2/{name}/manifests/v1", ("Authorization", authorization));
                Assert.Equal(image.Digest, tag.Is(200).Digest);
            }

            // What changes nothing, and what is new, is welcome.
            (await PutAsync(app.Client, authorization, name, "v1", image)).Is(201);
            (await PutAsync(app.Client, authorization, name, $"v{Guid.NewGuid():n}", other)).Is(201);
        }
    }

    [Theory]
    [Engines]
    public async Task S28_two_who_may_not_move_a_tag_cannot_both_make_it(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var tenants = new Tenants(app);
        var user = await tenants.UserAsync("race-user", Role.Writer, "race/*", overwrite: false);
        using var http = tenants.Client(user.ByToken);
        var repository = new RepositoryClient(http, "race/app");
        var images = new List<Image>();
        for (var i = 0; i < 8; i++)
        {
            images.Add(await repository.PushImageAsync(layers: 1));
        }

        for (var round = 0; round < 5; round++)
        {
            var tag = $"r{round}";
            var answers = await Task.WhenAll(images.Select(image => PutAsync(app.Client, user.ByToken, "race/app", tag, image)));
            Assert.Single(answers, answer => answer.Status == 201);
            Assert.Equal(7, answers.Count(answer => answer.Status == 403));
            var winner = images[Array.FindIndex(answers, answer => answer.Status == 201)];
            var found = await app.Client.SendAsync("HEAD", $"/v2/race/app/manifests/{tag}", ("Authorization", user.ByToken));
            Assert.Equal(winner.Digest, found.Digest);
        }
    }

    // All ways that could move or remove the tag v1, which is at image.
    private static Task<Answer> StepAsync(HttpClient http, string authorization, string name, Image image, Image other, int step) => step switch
    {
        0 => PutAsync(http, authorization, name, "v1", other),
        1 => PutAsync(http, authorization, name, $"{other.Digest}?tag=v1", other),
        2 => PutAsync(http, authorization, name, $"{other.Digest}?tag=new&tag=v1", other),
        3 => PutAsync(http, authorization, name, "v1", other, ("If-Match", $"\"{image.Digest}\"")),
        4 => PutAsync(http, authorization, name, "v1", other, ("If-None-Match", "*")),
        5 => http.SendAsync("DELETE", $"/v2/{name}/manifests/v1", ("Authorization", authorization)),
        6 => http.SendAsync("DELETE", $"/v2/{name}/manifests/{image.Digest}", ("Authorization", authorization)),
        _ => http.SendAsync("DELETE", $"/v2/{name}/blobs/{image.Config.Digest}", ("Authorization", authorization)),
    };

    private static Task<Answer> PutAsync(HttpClient http, string authorization, string name, string reference, Image image, params (string, string)[] headers) =>
        http.SendAsync("PUT", $"/v2/{name}/manifests/{reference}", Http.Sized(image.Manifest, image.MediaType), [("Authorization", authorization), .. headers]);
}
