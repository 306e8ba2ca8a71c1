using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Registry.Auth.Tokens;
using Registry.Auth.Tokens.Keys;

namespace Registry.Tests.Tokens;

/// <summary>What must not pass for a token of ours, however it is made.</summary>
public sealed class ForgedTokenTests(TokenBench bench) : IClassFixture<TokenBench>
{
    private static readonly byte[] None = [];
    private static readonly PrivateKey Foreign = PrivateKey.Generate(TokenAlgorithm.ES256);

    // Name, and how a good token is spoiled.
    private static readonly Dictionary<string, Func<TokenBench, string>> Forgeries = new()
    {
        ["empty"] = _ => "",
        ["dots"] = _ => "..",
        ["no signature"] = bench => bench.Issue().Text[..(bench.Issue().Text.LastIndexOf('.') + 1)],
        ["four parts"] = bench => bench.Issue().Text + ".e30",
        ["alg none"] = bench => Forgery.Token(bench.Header().With("alg", "none"), bench.Payload(), _ => None),
        ["alg none, signed"] = bench => Forgery.Token(bench.Header().With("alg", "none"), bench.Payload(), bench.Sign),
        ["HS256 with the public key"] = bench => Forgery.Token(
            bench.Header().With("alg", "HS256"), bench.Payload(), content => HMACSHA256.HashData(bench.Key.PublicKey.SubjectPublicKeyInfo, content)),
        ["HS256 with the public key as PEM"] = bench => Forgery.Token(
            bench.Header().With("alg", "HS256"),
            bench.Payload(),
            content => HMACSHA256.HashData(Encoding.ASCII.GetBytes(PemEncoding.WriteString("PUBLIC KEY", bench.Key.PublicKey.SubjectPublicKeyInfo)), content)),
        ["RS256 under the id of an EC key"] = bench => Forgery.Token(bench.Header().With("alg", "RS256"), bench.Payload(), bench.Sign),
        ["alg of another case"] = bench => Forgery.Token(bench.Header().With("alg", "es256"), bench.Payload(), bench.Sign),
        ["no alg"] = bench => Forgery.Token(bench.Header().Without("alg"), bench.Payload(), bench.Sign),
        ["wrong kid"] = bench => Forgery.Token(bench.Header().With("kid", "nobody"), bench.Payload(), bench.Sign),
        ["no kid"] = bench => Forgery.Token(bench.Header().Without("kid"), bench.Payload(), bench.Sign),
        ["kid that is a path"] = bench => Forgery.Token(bench.Header().With("kid", "../../../../dev/null"), bench.Payload(), _ => None),
        ["kid that is SQL"] = bench => Forgery.Token(bench.Header().With("kid", "' or '1'='1"), bench.Payload(), bench.Sign),
        ["kid with a NUL"] = bench => Forgery.Token(bench.Header().With("kid", bench.Keys.Current.Kid + "\0"), bench.Payload(), bench.Sign),
        ["kid of another case"] = bench => Forgery.Token(bench.Header().With("kid", bench.Keys.Current.Kid.ToUpperInvariant()), bench.Payload(), bench.Sign),
        ["kid without end"] = bench => Forgery.Token(bench.Header().With("kid", new string('k', 10_000)), bench.Payload(), bench.Sign),
        ["EdDSA under the id of an EC key"] = bench => Forgery.Token(bench.Header().With("alg", "EdDSA"), bench.Payload(), bench.Sign),
        ["kid is no text"] = bench => Forgery.Token(bench.Header().With("kid", 1), bench.Payload(), bench.Sign),
        ["right kid, foreign key"] = bench => Forgery.Token(bench.Header(), bench.Payload(), Sign),
        ["embedded jwk"] = bench => Forgery.Token(bench.Header().With("jwk", Jwk(Foreign)), bench.Payload(), Sign),
        ["embedded jwk with our kid"] = bench => Forgery.Token(
            bench.Header().With("jwk", Jwk(Foreign).With("kid", bench.Keys.Current.Kid)), bench.Payload(), Sign),
        ["embedded jwk alone"] = bench => Forgery.Token(bench.Header().Without("kid").With("jwk", Jwk(Foreign)), bench.Payload(), Sign),
        ["jku"] = bench => Forgery.Token(bench.Header().With("jku", "http://127.0.0.1:1/keys").With("kid", "other"), bench.Payload(), Sign),
        ["x5u"] = bench => Forgery.Token(bench.Header().With("x5u", "http://127.0.0.1:1/cert").With("kid", "other"), bench.Payload(), Sign),
        ["x5c"] = bench => Forgery.Token(
            bench.Header().With("x5c", new JsonArray(Convert.ToBase64String(Certificates.SelfSigned(out var key).RawData))), bench.Payload(), key.SignSha256),
        ["crit"] = bench => Forgery.Token(bench.Header().With("crit", new JsonArray("b64")).With("b64", false), bench.Payload(), bench.Sign),
        ["typ of a refresh token"] = bench => Forgery.Token(bench.Header().With("typ", "refresh+jwt"), bench.Payload(), bench.Sign),
        ["typ of an access token"] = bench => Forgery.Token(bench.Header().With("typ", "at+jwt"), bench.Payload(), bench.Sign),
        ["no typ"] = bench => Forgery.Token(bench.Header().Without("typ"), bench.Payload(), bench.Sign),
        ["no exp"] = bench => Forgery.Token(bench.Header(), bench.Payload().Without("exp"), bench.Sign),
        ["no iat"] = bench => Forgery.Token(bench.Header(), bench.Payload().Without("iat"), bench.Sign),
        ["no nbf"] = bench => Forgery.Token(bench.Header(), bench.Payload().Without("nbf"), bench.Sign),
        ["exp is text"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("exp", "4102444800"), bench.Sign),
        ["exp is null"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("exp", null), bench.Sign),
        ["exp out of range"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("exp", 1e300), bench.Sign),
        ["exp negative"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("exp", -1), bench.Sign),
        ["valid for a year"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("exp", Seconds(TimeSpan.FromDays(365))), bench.Sign),
        ["iat in the future"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("iat", Seconds(TimeSpan.FromSeconds(120))), bench.Sign),
        ["nbf in the future"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("nbf", Seconds(TimeSpan.FromSeconds(120))), bench.Sign),
        ["another issuer"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("iss", "somebody"), bench.Sign),
        ["issuer of another case"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("iss", bench.Options.Issuer.ToUpperInvariant()), bench.Sign),
        ["issuer with a slash"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("iss", bench.Options.Issuer + "/"), bench.Sign),
        ["no issuer"] = bench => Forgery.Token(bench.Header(), bench.Payload().Without("iss"), bench.Sign),
        ["no aud"] = bench => Forgery.Token(bench.Header(), bench.Payload().Without("aud"), bench.Sign),
        ["aud of another service"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("aud", "other.example"), bench.Sign),
        ["aud with a slash"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("aud", bench.Options.Service + "/"), bench.Sign),
        ["aud that begins as ours"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("aud", bench.Options.Service + ".evil.example"), bench.Sign),
        ["aud array of others"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("aud", new JsonArray("a", "b")), bench.Sign),
        ["aud array of us and others"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("aud", new JsonArray(bench.Options.Service, "b")), bench.Sign),
        ["aud array, empty"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("aud", new JsonArray()), bench.Sign),
        ["aud is a number"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("aud", 1), bench.Sign),
        ["duplicate claim"] = bench => Forgery.Token(
            bench.Header().ToJsonString(), bench.Payload().ToJsonString().Insert(1, "\"sub\":\"root\","), bench.Sign),
        ["duplicate claim, escaped"] = bench => Forgery.Token(
            bench.Header().ToJsonString(), bench.Payload().ToJsonString().Insert(1, "\"s\\u0075b\":\"root\","), bench.Sign),
        ["duplicate in a scope"] = bench => Forgery.Token(
            bench.Header().ToJsonString(), bench.Payload().ToJsonString().Replace("\"name\"", "\"name\":\"other\",\"name\"", StringComparison.Ordinal), bench.Sign),
        ["duplicate in the header"] = bench => Forgery.Token(
            bench.Header().ToJsonString().Insert(1, "\"alg\":\"none\","), bench.Payload().ToJsonString(), bench.Sign),
        ["payload is a list"] = bench => Forgery.Token(bench.Header().ToJsonString(), "[]", bench.Sign),
        ["header is a list"] = bench => Forgery.Token("[]", bench.Payload().ToJsonString(), bench.Sign),
        ["access is a text"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("access", "all"), bench.Sign),
        ["access of texts"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("access", new JsonArray("all")), bench.Sign),
        ["half a surrogate pair"] = bench => Forgery.Token(
            bench.Header().ToJsonString(), bench.Payload().ToJsonString().Replace("anna", "\\ud800", StringComparison.Ordinal), bench.Sign),
        ["trailing JSON"] = bench => Forgery.Token(bench.Header().ToJsonString(), bench.Payload().ToJsonString() + "{}", bench.Sign),
        ["comment"] = bench => Forgery.Token(bench.Header().ToJsonString(), "/**/" + bench.Payload().ToJsonString(), bench.Sign),
        ["nested deep"] = bench => Forgery.Token(bench.Header().ToJsonString(), new string('[', 5000) + new string(']', 5000), bench.Sign),
        ["padded base64"] = bench => Pad(bench.Issue().Text),
        ["white space"] = bench => bench.Issue().Text.Insert(10, " "),
        ["line break"] = bench => bench.Issue().Text + "\n",
        ["letters of other alphabets"] = bench => "а" + bench.Issue().Text,
        ["payload changed"] = bench => Swap(bench.Issue().Text, bench.Payload().With("sub", "root").ToJsonString()),
        ["signature in DER"] = bench => Forgery.Token(
            bench.Header(), bench.Payload(), content => AsDer(bench.Sign(content))),
        ["signature of zeros"] = bench => Forgery.Token(bench.Header(), bench.Payload(), _ => new byte[64]),
        ["10 MB"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("sub", new string('a', 10 << 20)), bench.Sign),
        ["a little too long"] = bench => Forgery.Token(bench.Header(), bench.Payload().With("sub", new string('a', 16 << 10)), bench.Sign),
    };

    public static TheoryData<string> Names => [.. Forgeries.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task S25_a_token_that_is_not_entirely_ours_is_worth_nothing(string forgery)
    {
        var check = await bench.CheckAsync(Forgeries[forgery](bench));

        Assert.Equal((TokenStatus.Invalid, null), (check.Status, check.Claims));
        Assert.NotNull(check.Flaw);
    }

    [Fact]
    public async Task S25_whoever_shows_one_is_answered_401_with_a_challenge()
    {
        using var accounts = await Accounts.CreateAsync(bench.App);
        foreach (var (name, forge) in Forgeries)
        {
            // What no header can hold comes no further than to Kestrel.
            var token = forge(bench);
            if (token.All(char.IsAscii) && !token.Contains('\n', StringComparison.Ordinal) && token.Length < 60_000)
            {
                var answer = await RawHttp.RequestAsync(bench.App.Address, $"GET /v2/ HTTP/1.1\nAuthorization: Bearer {token}");

                Assert.True(answer.Status == 401, $"{name}: {answer.Status}");
                Assert.Contains("error=\"invalid_token\"", answer.Header("WWW-Authenticate"), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task What_the_forgeries_are_made_from_is_a_good_token()
    {
        var check = await bench.CheckAsync(Forgery.Token(bench.Header(), bench.Payload(), bench.Sign));

        Assert.Equal((TokenStatus.Valid, null), (check.Status, check.Flaw));
    }

    [Fact]
    public async Task The_audience_may_be_a_list_of_us_alone()
    {
        var check = await bench.CheckAsync(Forgery.Token(bench.Header(), bench.Payload().With("aud", new JsonArray(bench.Options.Service)), bench.Sign));

        Assert.Equal(TokenStatus.Valid, check.Status);
    }

    [Fact]
    public async Task Every_bit_of_a_token_counts()
    {
        var token = bench.Issue().Text;
        Assert.Equal(TokenStatus.Valid, (await bench.CheckAsync(token)).Status);

        for (var i = 0; i < token.Length; i++)
        {
            var other = token[i] == 'A' ? 'B' : (char)(token[i] - 1);
            var changed = string.Concat(token.AsSpan(0, i), [other], token.AsSpan(i + 1));
            Assert.True((await bench.CheckAsync(changed)).Status == TokenStatus.Invalid, $"{changed} differs at {i} and was accepted");
        }
    }

    private static byte[] Sign(byte[] content) => Foreign.Sign(content);

    private static long Seconds(TimeSpan fromNow) => (DateTimeOffset.UtcNow + fromNow).ToUnixTimeSeconds();

    private static JsonObject Jwk(PrivateKey key) => new(key.PublicKey.Members.Select(member => KeyValuePair.Create(member.Key, (JsonNode?)member.Value)));

    private static string Pad(string token) => token.Replace(".", "=.", StringComparison.Ordinal);

    private static string Swap(string token, string payload) => $"{token[..token.IndexOf('.', StringComparison.Ordinal)]}.{Forgery.Encode(payload)}{token[token.LastIndexOf('.')..]}";

    private static byte[] AsDer(byte[] signature)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(signature.AsSpan(0, 32).TrimStart((byte)0));
            writer.WriteIntegerUnsigned(signature.AsSpan(32).TrimStart((byte)0));
        }

        return writer.Encode();
    }
}
