using System.Security.Cryptography;
using System.Text;
using Registry.Auth.Passwords;

namespace Registry.Tests.Passwords;

/// <summary>S33: which passwords are refused, and what the person is told.</summary>
public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("", "at least 10 characters")]
    [InlineData("kQ7_zr9-p", "at least 10 characters")]
    [InlineData("kQ7_zr9-\U0001F680", "at least 10 characters")]
    [InlineData("kQ7_zr9-pa\0", "control characters")]
    [InlineData("kQ7_zr9-pa\n", "control characters")]
    [InlineData("kQ7_zr9-pa\u009b", "control characters")]
    [InlineData("kQ7_zr9-pa\ud800", "valid text")]
    [InlineData("aaaaaaaaaaaaa", "different characters")]
    [InlineData("1212112211221", "different characters")]
    [InlineData("abx4abx4abx4ab", "repeated")]
    [InlineData("x7Kq9x7kq9", "repeated")]
    [InlineData("1234567890", "runs")]
    [InlineData("9876543210!", "runs")]
    [InlineData("qwertyuiop", "runs")]
    [InlineData("QWERTY123456", "runs")]
    [InlineData("1q2w3e4r5t6y", "runs")]
    [InlineData("1qaz2wsx3edc", "runs")]
    [InlineData("abcdefghijkl", "runs")]
    [InlineData("asdfghjkl2024", "runs")]
    [InlineData("2023202420251", "runs")]
    [InlineData("aaabbbcccddd", "runs")]
    [InlineData("Password123", "tried first")]
    [InlineData("P@ssw0rd2024!", "tried first")]
    [InlineData("!!passw0rd!!", "tried first")]
    [InlineData("password admin", "tried first")]
    [InlineData("my-docker-registry", "tried first")]
    [InlineData("DockerRegistry1!", "tried first")]
    [InlineData("kubernetes2026", "tried first")]
    [InlineData("4dm1n1strat0r", "tried first")]
    [InlineData("Changeme123!", "tried first")]
    [InlineData("iloveyou12345", "tried first")]
    [InlineData("Summer2026!!", "tried first")]
    [InlineData("correct horse battery staple", "tried first")]
    [InlineData("mary.jane-9", "the user name")]
    [InlineData("Mary-Jane2026", "the user name")]
    [InlineData("m4ryj4n3!!!!!", "the user name")]
    [InlineData("maryjanemaryjane1", "the user name")]
    public void A_password_that_would_be_guessed_is_refused_with_a_sentence(string password, string reason)
    {
        var sentence = PasswordRules.Refuse("mary.jane", password);

        Assert.Contains(reason, sentence, StringComparison.Ordinal);
        Assert.True(password.Length < 5 || !sentence!.Contains(password, StringComparison.Ordinal), "The sentence shows the password.");
    }

    [Theory]
    [InlineData("tram-Ferry-basalt")]
    [InlineData("kQ7_zr9-pa")]
    [InlineData("mary.jane-likes-basalt")]
    [InlineData("my registry is the best of all")]
    [InlineData("sunshine 820 17 4 2 93 5")]
    [InlineData("\u043a\u043e\u0440\u0430\u0431\u043b\u044c-\u043d\u0430-\u0433\u043e\u0440\u0435")]
    [InlineData("with:colon and spaces")]
    [InlineData("\U0001F680\U0001F30B\U0001F9ED\U0001F9CA\U0001F680x\U0001F30B\U0001F9ED\U0001F9CAy")]
    public void A_long_password_of_any_kind_is_accepted(string password) =>
        Assert.Null(PasswordRules.Refuse("mary.jane", password));

    [Fact]
    public void The_longest_password_has_128_characters()
    {
        var text = Convert.ToBase64String(SHA512.HashData("a"u8)) + Convert.ToBase64String(SHA512.HashData("b"u8));

        Assert.Null(PasswordRules.Refuse("mary", text[..128]));
        Assert.Contains("at most 128 characters", PasswordRules.Refuse("mary", text[..129]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_random_password_is_accepted()
    {
        var random = new Random(20);
        for (var i = 0; i < 5000; i++)
        {
            var bytes = new byte[9];
            random.NextBytes(bytes);
            Assert.Null(PasswordRules.Refuse("mary", Convert.ToBase64String(bytes)));
        }
    }

    [Fact]
    public void Each_of_the_well_known_ones_is_refused_with_digits_around()
    {
        using var list = new StreamReader(typeof(PasswordRules).Assembly.GetManifestResourceStream("CommonPasswords.txt")!, Encoding.UTF8);
        var words = list.ReadToEnd().Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(word => word.TrimStart('+')).ToArray();

        Assert.InRange(words.Length, 2000, 5000);
        Assert.Equal(words.Length, words.Distinct().Count());
        Assert.All(words, word => Assert.NotNull(PasswordRules.Refuse("mary", $"{char.ToUpperInvariant(word[0])}{word[1..]}2407!")));
        Assert.All(words, word => Assert.NotNull(PasswordRules.Refuse("mary", $"07{word}-64985")));
    }
}
