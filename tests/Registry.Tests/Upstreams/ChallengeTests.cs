using Registry.Upstreams;

namespace Registry.Tests.Upstreams;

/// <summary>What registries write into WWW-Authenticate.</summary>
public sealed class ChallengeTests
{
    [Theory]
    [InlineData("Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\"", true, "https://auth.docker.io/token", "registry.docker.io")]
    [InlineData("bearer Realm=\"https://a/t\", SERVICE=\"s\", scope=\"repository:a/b:pull,push\", error=\"insufficient_scope\"", true, "https://a/t", "s")]
    [InlineData("BEARER realm=https://a/t?x=1,service=s", true, "https://a/t?x=1", "s")]
    [InlineData("Bearer realm = \"https://a/t\" , service = \"s\"", true, "https://a/t", "s")]
    [InlineData("Bearer realm=\"https://nvcr.io/proxy_auth\"", true, "https://nvcr.io/proxy_auth", null)]
    [InlineData("Bearer service=\"a \\\"quoted\\\" name\",realm=\"https://a/t\"", true, "https://a/t", "a \"quoted\" name")]
    [InlineData("BASIC realm=\"Sonatype Nexus\"", false, "Sonatype Nexus", null)]
    [InlineData("Basic", false, "", null)]
    [InlineData("Basic realm=\"x\", Bearer realm=\"https://a/t\",service=\"s\"", true, "https://a/t", "s")]
    [InlineData("Negotiate, Basic realm=\"x\"\nBearer realm=\"https://a/t\"", true, "https://a/t", null)]
    [InlineData("Negotiate YII=, Digest realm=\"d\", nonce=\"n\", Basic realm=\"x\"", false, "x", null)]
    [InlineData("Bearer error=\"invalid_token\"\nBasic realm=\"x\"", false, "x", null)]
    [InlineData("Bearer realm=\"https://a/t", true, "https://a/t", null)]
    public void The_one_to_answer_is_found(string lines, bool bearer, string realm, string? service) =>
        Assert.Equal(new Challenge(bearer, realm, service), Read(lines));

    [Theory]
    [InlineData("")]
    [InlineData("Negotiate")]
    [InlineData("Bearer")]
    [InlineData("realm=\"https://a/t\"")]
    [InlineData(",,==\"\"\"\\")]
    public void What_cannot_be_answered_is_none(string lines) => Assert.Null(Read(lines));

    private static Challenge? Read(string lines)
    {
        using var response = new HttpResponseMessage();
        foreach (var line in lines.Split('\n'))
        {
            response.Headers.TryAddWithoutValidation("WWW-Authenticate", line);
        }

        return Challenge.Of(response.Headers);
    }
}
