namespace Registry.Storage.Metadata.Moving;

/// <summary>How far a table has come.</summary>
/// <param name="Table">The table.</param>
/// <param name="Rows">The rows that have been copied.</param>
/// <param name="Total">The rows it has.</param>
/// <param name="IsVerified">Whether it was read back from where it was copied to, and is the same.</param>
public readonly record struct CopyProgress(string Table, long Rows, long Total, bool IsVerified);
