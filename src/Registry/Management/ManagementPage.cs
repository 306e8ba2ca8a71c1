using System.Globalization;
using Registry.Auth.Identities;
using Registry.Storage.Oci;

namespace Registry.Management;

/// <summary>The <c>n</c> and <c>after</c> of a list: at most <paramref name="Count"/> entries behind one whose key is known.</summary>
internal readonly record struct ManagementPage(int Count, string After)
{
    private const int Default = 100;
    private const int Max = 1000;
    private const int MaxKey = 255;

    /// <summary>One more is fetched to see whether there is a next page.</summary>
    public int Limit => Count + 1;

    /// <summary>The key of lists that are in the order of ids.</summary>
    /// <exception cref="OciException">INVALID.</exception>
    public long? AfterId => After.Length == 0 ? null
        : long.TryParse(After, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id
        : throw new OciException(ManagementError.Invalid, "after must be what the Link of the page before says");

    /// <exception cref="OciException">INVALID.</exception>
    public static ManagementPage Read(HttpRequest request)
    {
        var after = request.Query["after"].ToString();
        if (after.Length > MaxKey || after.Any(char.IsControl))
        {
            throw new OciException(ManagementError.Invalid, "after must be what the Link of the page before says");
        }

        return request.Query["n"].ToString() is not { Length: > 0 } text ? new(Default, after)
            : !text.Contains('\0', StringComparison.Ordinal) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
                ? new(Math.Min(count, Max), after)
            : throw new OciException(ManagementError.Invalid, "n must be a whole number from 1");
    }

    /// <summary>Cuts off the entry that was fetched beyond the page, and links to the next page.</summary>
    public IReadOnlyList<T> Cut<T>(HttpContext http, IReadOnlyList<T> entries, Func<T, string> key)
    {
        if (entries.Count <= Count)
        {
            return entries;
        }

        var query = QueryString.Create("n", Count.ToString(CultureInfo.InvariantCulture)).Add("after", key(entries[Count - 1]));
        foreach (var (name, values) in http.Request.Query)
        {
            if (name is not ("n" or "after"))
            {
                query = query.Add(name, values.ToString());
            }
        }

        http.Response.Headers.Link = $"<{http.Request.Path.ToUriComponent()}{query}>; rel=\"next\"";
        return entries.Take(Count).ToList();
    }
}
