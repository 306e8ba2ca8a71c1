namespace Registry.Storage.Uploads;

// What the statements on sessions return, with the standing of who asks.
internal abstract record SessionRow(long RepositoryId, long Standing);

internal sealed record PositionRow(long Position, long RepositoryId, long Standing) : SessionRow(RepositoryId, Standing);

internal sealed record ClosedRow(long RepositoryId, long Standing) : SessionRow(RepositoryId, Standing);

internal sealed record ClaimedRow(long RepositoryId, byte[] ObjectId, long Algorithm, long Position, byte[]? HashState, long Standing)
    : SessionRow(RepositoryId, Standing);

internal sealed record CancelledRow(long RepositoryId, byte[]? ObjectId, long Standing) : SessionRow(RepositoryId, Standing);
