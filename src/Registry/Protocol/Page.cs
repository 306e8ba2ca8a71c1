using System.Globalization;
using Registry.Storage.Oci;

namespace Registry.Protocol;

/// <summary>The <c>n</c> and <c>last</c> of a listing, and the Link to its next page.</summary>
/// <param name="Count">The entries asked for, at most 1000.</param>
/// <param name="Last">The entry before the page; empty for the first.</param>
internal readonly record struct Page(int Count, string Last)
{
    private const int Default = 1000;
    private const int Max = 1000;

    /// <summary>Reads the query. A larger <c>n</c> is clamped: refusing it breaks clients that ask for everything.</summary>
    /// <exception cref="OciException">PAGINATION_NUMBER_INVALID.</exception>
    public static Page Read(HttpRequest request)
    {
        var last = request.Query["last"].ToString();
        if (last.Contains('\0', StringComparison.Ordinal))
        {
            throw new OciException(OciError.PaginationInvalid, "last must not have a NUL");
        }

        if (request.Query["n"].ToString() is not { Length: > 0 } text)
        {
            return request.Query.ContainsKey("n") ? throw Invalid(string.Empty) : new Page(Default, last);
        }

        // Digits alone: no sign, no white space, no exponent. More of them than fit are a large number all the same.
        if (text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            throw Invalid(text);
        }

        return new Page(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? Math.Min(count, Max) : Max, last);
    }

    /// <summary>Cuts off the entry that was only fetched to see whether there is a next page, and links to that page.</summary>
    public IReadOnlyList<T> Cut<T>(HttpContext http, string path, IReadOnlyList<T> entries, Func<T, string> key)
    {
        if (entries.Count <= Count)
        {
            return entries;
        }

        var page = entries.Take(Count).ToList();
        if (page.Count > 0)
        {
            Link(http, path, key(page[^1]));
        }

        return page;
    }

    /// <summary>Links to the page after <paramref name="last"/>, keeping the rest of the query.</summary>
    public void Link(HttpContext http, string path, string last)
    {
        var query = QueryString.Create("n", Count.ToString(CultureInfo.InvariantCulture)).Add("last", last);
        foreach (var (name, values) in http.Request.Query)
        {
            if (name is not ("n" or "last"))
            {
                foreach (var value in values)
                {
                    query = query.Add(name, value ?? string.Empty);
                }
            }
        }

        http.Response.Headers.Link = $"<{path}{query}>; rel=\"next\"";
    }

    private static OciException Invalid(string text) => new(OciError.PaginationInvalid, $"n is \"{text}\"; allowed are whole numbers from 0");
}
