using System.Text.Json;

namespace Registry.Auth.Audit;

/// <summary>Who makes a change.</summary>
/// <param name="Name">The name of the principal.</param>
/// <param name="Address">Where the request comes from; null for the socket in the data directory.</param>
public sealed record Author(string Name, string? Address)
{
    /// <summary>The record of a change by this author.</summary>
    /// <param name="action">What, as in <c>user.create</c>.</param>
    /// <param name="target">To what.</param>
    /// <param name="detail">More: an object that JSON can be made of, without secrets.</param>
    public AuditEvent Did(string action, string target, object? detail = null) =>
        new(Name, Address, action, target, AuditEvent.Done, detail is null ? null : JsonSerializer.Serialize(detail, JsonSerializerOptions.Web));
}
