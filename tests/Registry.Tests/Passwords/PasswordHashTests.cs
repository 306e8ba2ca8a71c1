using System.Buffers.Binary;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Registry.Auth.Passwords;

namespace Registry.Tests.Passwords;

/// <summary>What is stored of a password, and what is recognised of imported ones.</summary>
public sealed class PasswordHashTests
{
    private const string Password = "tram-Ferry-basalt";

    // "U*U" and its relatives are test vectors of crypt_blowfish, the others were written by htpasswd -B.
    [Theory]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U")]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*")]
    [InlineData("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U")]
    [InlineData("$2y$05$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.", "\u00e9t\u00e9")]
    [InlineData("$2b$05$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.", "\u00e9t\u00e9")]
    public void Bcrypt_hashes_of_other_registries_are_recognised_and_to_be_replaced(string hash, string password)
    {
        Assert.Equal(PasswordMatch.RightButOutdated, PasswordHash.Verify(hash, password));
        Assert.Equal(PasswordMatch.Wrong, PasswordHash.Verify(hash, password + "x"));
        Assert.Equal(PasswordMatch.Wrong, PasswordHash.Verify(hash, password + "\0"));
    }

    // A hash of cost 31 would hold its thread for days.
    [Theory]
    [InlineData("$2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("$2a$99$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe")]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n")]
    [InlineData("$2")]
    public void A_hash_that_is_too_dear_or_malformed_belongs_to_no_password_and_takes_no_time(string hash) =>
        Assert.Equal(PasswordMatch.Wrong, PasswordHash.Verify(hash, "U*U"));

    [Fact]
    public void A_hash_belongs_to_its_password_alone_and_no_two_are_equal()
    {
        var hash = PasswordHash.Create(Password);

        Assert.Equal(PasswordMatch.Right, PasswordHash.Verify(hash, Password));
        Assert.Equal(PasswordMatch.Wrong, PasswordHash.Verify(hash, Password + " "));
        Assert.NotEqual(hash, PasswordHash.Create(Password));
    }

    [Fact]
    public void A_hash_of_fewer_iterations_is_to_be_replaced()
    {
        var old = new PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = 10_000 })).HashPassword(this, Password);

        Assert.Equal(PasswordMatch.RightButOutdated, PasswordHash.Verify(old, Password));
        Assert.Equal(PasswordMatch.Wrong, PasswordHash.Verify(old, "x"));
    }

    [Fact]
    public void Hashes_are_made_with_the_iterations_of_the_framework()
    {
        var iterations = BinaryPrimitives.ReadInt32BigEndian(Convert.FromBase64String(PasswordHash.Create(Password)).AsSpan(5));

        Assert.Equal(new PasswordHasherOptions().IterationCount, iterations);
        Assert.True(iterations >= 100_000);
    }

    [Fact]
    public void S32_Without_an_account_every_password_is_wrong() =>
        Assert.Equal(PasswordMatch.Wrong, PasswordHash.Verify(null, Password));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 12)]
    [InlineData(5, 12)]
    [InlineData(11, 12)]
    [InlineData(12, 12)]
    [InlineData(12, 5)]
    public void S32_A_wrong_password_takes_the_work_of_the_dearest_import_whatever_is_stored(int stored, int dearest)
    {
        var work = Bcrypt.Missing(stored, dearest).Append(stored).Where(cost => cost > 0).Sum(cost => 1L << cost);

        Assert.Equal(Math.Max(stored, dearest) is var most and > 0 ? 1L << most : 0, work);
    }

    [Fact]
    public void No_text_of_a_stored_password_or_an_answer_shows_a_hash()
    {
        Assert.DoesNotContain("secret", new StoredPassword(1, 1, "secret").ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", (PasswordAnswer.Valid with { Replacement = "secret" }).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", new HtpasswdEntry(1, "A", "a", "secret").ToString(), StringComparison.Ordinal);
    }
}
