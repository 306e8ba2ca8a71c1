using Registry.Auth.Passwords;

namespace Registry.Tests.Passwords;

/// <summary>Which lines of another registry's htpasswd file are taken over, and what is said of the others.</summary>
public sealed class HtpasswdTests
{
    private const string Hash = "$2y$05$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.";

    [Fact]
    public void Users_are_read_and_comments_and_blank_lines_passed_over()
    {
        var file = Htpasswd.Parse($"\uFEFF# users\r\n\r\nalice:{Hash}\r\n  \n#bob:{Hash}\ncarol.ann-2:{Hash}");

        Assert.Empty(file.Problems);
        Assert.Equal([new(3, "alice", "alice", Hash), new(6, "carol.ann-2", "carol.ann-2", Hash)], file.Entries);
    }

    [Fact]
    public void Names_are_in_lower_case_here()
    {
        var file = Htpasswd.Parse($"Alice:{Hash}\nalice:{Hash}\nALICE:{Hash}\n");

        Assert.Equal([new(1, "Alice", "alice", Hash)], file.Entries);
        Assert.Equal([2, 3], file.Problems.Select(problem => problem.Line));
        Assert.All(file.Problems, problem => Assert.Contains("on line 1 already", problem.Reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("carol:$apr1$g0jF3T6N$9Y9Gf9IxDVZeKQHXyFqJ4.", "MD5")]
    [InlineData("carol:$1$g0jF3T6N$9Y9Gf9IxDVZeKQHXyFqJ4.", "MD5")]
    [InlineData("carol:{SHA}7Bc0pPSQH5W1SXi7GwrKQzBDrI0=", "SHA-1")]
    [InlineData("carol:$5$Qd9Vx2bPTS3Q8l3V$dVbOe5kfIz3VjJxVq0Gxq7cRjYtWnE5A6gNwV1cFfN2", "SHA-256 crypt")]
    [InlineData("carol:$6$Qd9Vx2bPTS3Q8l3V$dVbOe5kfIz3VjJxVq0Gxq7cRjYtWnE5A6gNwV1cFfN2", "SHA-512 crypt")]
    [InlineData("carol:qZqYwUKTQerOg", "crypt")]
    [InlineData("carol:in clear", "not a whole bcrypt hash")]
    [InlineData("carol:", "not a whole bcrypt hash")]
    [InlineData("carol:$2y$05$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.:extra", "not a whole bcrypt hash")]
    [InlineData("carol:$2y$15$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.", "a cost of 15")]
    [InlineData("carol", "user:hash")]
    [InlineData("caröl:$2y$05$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.", "user name")]
    [InlineData("ca..rol:$2y$05$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.", "user name")]
    [InlineData("ca+rol:$2y$05$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.", "user name")]
    [InlineData("carol@example.org:$2y$05$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.", "user name")]
    [InlineData(":$2y$05$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.", "user name")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:$2y$05$OVkYUfPwnGT7QzUxq7Uvle8kEAPQoHsavfCIzXpbjIbPL68SCaan.", "user name")]
    public void A_line_that_cannot_be_taken_over_is_told_with_its_number_and_the_reason(string line, string reason)
    {
        var file = Htpasswd.Parse($"alice:{Hash}\n\n{line}\nbob:{Hash}\n");

        Assert.Equal(["alice", "bob"], file.Entries.Select(entry => entry.UserName));
        var problem = Assert.Single(file.Problems);
        Assert.Equal(3, problem.Line);
        Assert.Contains(reason, problem.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("OVkYUfPwnGT7Q", problem.Reason, StringComparison.Ordinal);
    }
}
