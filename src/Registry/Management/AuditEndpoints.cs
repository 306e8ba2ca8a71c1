using System.Text.Json;
using Registry.Auth.Audit;
using Registry.Auth.Permissions;

namespace Registry.Management;

/// <summary>Who did what, for administrators.</summary>
internal sealed class AuditEndpoints(AuditStore audit)
{
    public void Map(IEndpointRouteBuilder app) =>
        app.MapList<AuditView>("/audit", ListAsync, "Lists the audit records, the newest first", "actor", "action");

    private async Task ListAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        var page = ManagementPage.Read(http.Request);
        var found = await audit.ListAsync(Filter(http, "actor"), Filter(http, "action"), page.AfterId, page.Limit, http.RequestAborted);
        await ManagementJson.ListAsync(http, page.Cut(http, found, record => $"{record.Id}").Select(AuditView.Of));
    }

    private static string? Filter(HttpContext http, string name) =>
        http.Request.Query[name].ToString() is { Length: > 0 } value ? Input.Label(name, value) : null;
}

/// <summary>An audit record.</summary>
internal sealed record AuditView(
    long Id, DateTime At, string? Actor, string? Address, string Action, string? Target, string Result, JsonElement? Detail)
{
    public static AuditView Of(AuditRecord record) => new(
        record.Id,
        Input.Time(record.At),
        record.Actor,
        record.Address,
        record.Action,
        record.Target,
        record.Result,
        DetailOf(record.Detail));

    // What was too long to be stored is no JSON any more.
    private static JsonElement? DetailOf(string? detail)
    {
        if (detail is null)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<JsonElement>(detail);
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(detail);
        }
    }
}
