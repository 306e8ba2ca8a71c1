using System.Text;
using System.Text.RegularExpressions;
using Registry.Storage.Oci;
using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>S65 and S8: grammars end where they end, know only ASCII, and take no longer for worse input.</summary>
public sealed partial class AnchorTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private static readonly string Hex = new('a', 64);

    [Theory]
    [Engines("\n")]
    [Engines("\r\n")]
    [Engines(" ")]
    [Engines("\0")]
    [Engines("\u0661")]
    [Engines("\uff11")]
    [Engines("\uff41")]
    [Engines("\u00e4")]
    [Engines("\u0131")]
    [Engines("\u200b")]
    [Engines("\ud83d\udca9")]
    public async Task S65_What_follows_a_valid_name_tag_or_digest_makes_it_invalid(Engine engine, string tail)
    {
        var app = await registry.AppAsync(engine);
        var repository = new RepositoryWire(app.Client, "library/app");
        await repository.PushAsync(Documents.Index(), "latest");
        var escaped = Escape(tail);

        foreach (var path in new[]
        {
            $"/v2/library/app{escaped}/tags/list", $"/v2/library/app{escaped}/manifests/latest", $"/v2/library/app/manifests/latest{escaped}",
            $"/v2/library/app/manifests/sha256:{Hex}{escaped}", $"/v2/library/app/manifests/sha256:{Hex[1..]}{escaped}", $"/v2/library/app/blobs/sha256:{Hex}{escaped}",
            $"/v2/library/app/referrers/sha256:{Hex}{escaped}", $"/v2/library/app/tags/list?n=5{escaped}", $"/v2/_catalog?n=5{escaped}",
        })
        {
            Assert.True((await RawHttp.RequestAsync(app.Address, $"GET {path} HTTP/1.1")).Status == 400, path);
        }

        foreach (var query in new[] { $"digest=sha256:{Hex}{escaped}", $"mount=sha256:{Hex}{escaped}&from=library/app", $"digest-algorithm=sha256{escaped}" })
        {
            Assert.True((await RawHttp.RequestAsync(app.Address, $"POST /v2/library/app/blobs/uploads/?{query} HTTP/1.1\nContent-Length: 0")).Status == 400, query);
        }

        // A source that is no name has nothing to mount; the push goes on as an upload.
        Assert.Equal(202, (await RawHttp.RequestAsync(app.Address, $"POST /v2/library/app/blobs/uploads/?mount=sha256:{Hex}&from=library/app{escaped} HTTP/1.1\nContent-Length: 0")).Status);
    }

    [Fact]
    public void S8_S65_The_parsers_agree_with_the_grammar_of_the_specification()
    {
        var random = new Random(20260105);
        for (var i = 0; i < 200_000; i++)
        {
            var text = Text(random);
            Assert.True(NameGrammar.IsMatch(text) == RepositoryName.TryParse(text, out _), $"name \"{Regex.Escape(text)}\"");
            Assert.True(TagGrammar.IsMatch(text) == Tag.TryParse(text, out _), $"tag \"{Regex.Escape(text)}\"");
            Assert.True(DigestGrammar.IsMatch(text) == (Digest.TryParse(text, out _) != DigestSyntax.Malformed), $"digest \"{Regex.Escape(text)}\"");
        }
    }

    [Fact]
    public void S8_The_worst_names_of_full_length_are_read_in_one_pass()
    {
        // Each of these takes a backtracking matcher of the grammar exponential time; a million of them here take a moment.
        string[] worst =
        [
            new('-', 255), "a" + new string('-', 254), string.Concat(Enumerable.Repeat("a-", 127)), string.Concat(Enumerable.Repeat("a", 254)) + "!",
            string.Concat(Enumerable.Repeat("a__", 85)), string.Concat(Enumerable.Repeat("a/", 127)), new string('a', 127) + new string('-', 127) + "!",
        ];

        for (var i = 0; i < 100_000; i++)
        {
            Assert.All(worst, name => Assert.False(RepositoryName.TryParse(name, out _)));
        }
    }

    // Mostly characters that the grammars treat specially, sometimes others, in lengths around their limits.
    private static string Text(Random random)
    {
        const string Special = "aaa019zZA../-_-_:+=\n\u0661\uff41";
        var text = new StringBuilder();
        var length = random.Next(10) == 0 ? random.Next(120, 135) : random.Next(24);
        text.Append(random.Next(6) switch { 0 => "sha256:", 1 => "a:", _ => "" });
        var plain = random.Next(3) == 0;
        for (var i = 0; i < length; i++)
        {
            text.Append(plain ? "abc019"[random.Next(6)] : Special[random.Next(Special.Length)]);
        }

        return text.ToString();
    }

    private static string Escape(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(b => $"%{b:X2}"));

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameGrammar { get; }

    [GeneratedRegex(@"\A[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TagGrammar { get; }

    // Registered algorithms have exactly their length; all others only the general form.
    [GeneratedRegex(@"\A(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}|(?!sha256:|sha512:)[a-z0-9]+([+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex DigestGrammar { get; }
}
