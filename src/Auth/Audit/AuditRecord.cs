namespace Registry.Auth.Audit;

/// <summary>A stored event.</summary>
/// <param name="Id">Grows with time.</param>
/// <param name="At">When, in milliseconds since 1970.</param>
/// <param name="Actor">See <see cref="AuditEvent"/>, as the rest.</param>
/// <param name="Address">From where.</param>
/// <param name="Action">What.</param>
/// <param name="Target">To what.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Detail">More, as JSON.</param>
public sealed record AuditRecord(long Id, long At, string? Actor, string? Address, string Action, string? Target, string Result, string? Detail);
