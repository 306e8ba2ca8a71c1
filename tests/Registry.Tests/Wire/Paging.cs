using System.Text.RegularExpressions;

namespace Registry.Tests.Wire;

/// <summary>Follows Link headers as clients do.</summary>
internal static partial class Paging
{
    /// <summary>All pages of a list from the given path on.</summary>
    public static async Task<List<List<string>>> FollowAsync(HttpClient http, string path, string member)
    {
        var pages = new List<List<string>>();
        for (var next = path; next is not null;)
        {
            Assert.True(pages.Count < 10_000, $"{path} has no end");
            var answer = (await http.SendAsync("GET", next)).Is(200);
            pages.Add(answer.Strings(member));
            next = Next(answer);
        }

        return pages;
    }

    /// <summary>Where the next page is; null on the last one.</summary>
    public static string? Next(Answer answer)
    {
        if (answer["Link"] is not { } link)
        {
            return null;
        }

        var match = LinkPattern.Match(link);
        Assert.True(match.Success, $"Link is no link to a next page: {answer}");
        return match.Groups[1].Value;
    }

    [GeneratedRegex("""\A<([^<>\s]+)>;\s*rel="?next"?\z""")]
    private static partial Regex LinkPattern { get; }
}
