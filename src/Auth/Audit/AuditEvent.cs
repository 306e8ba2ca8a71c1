namespace Registry.Auth.Audit;

/// <summary>Something that is kept for whoever has to find out later. It never holds a secret.</summary>
/// <param name="Actor">Who did it; null for nobody who is known.</param>
/// <param name="Address">From where; null for the socket in the data directory and for the registry itself.</param>
/// <param name="Action">What: a thing and a verb, as in <c>user.create</c>.</param>
/// <param name="Target">To what.</param>
/// <param name="Result">How it ended: <see cref="Done"/> or <see cref="Refused"/>.</param>
/// <param name="Detail">More, as a small JSON object.</param>
public sealed record AuditEvent(string? Actor, string? Address, string Action, string? Target, string Result = AuditEvent.Done, string? Detail = null)
{
    /// <summary>It was done.</summary>
    public const string Done = "done";

    /// <summary>It was refused.</summary>
    public const string Refused = "refused";
}
