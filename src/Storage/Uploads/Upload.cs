using Registry.Storage.Objects;
using Registry.Storage.Oci;

namespace Registry.Storage.Uploads;

/// <summary>An upload session as its row tells it.</summary>
/// <param name="Id">The session id in the Location.</param>
/// <param name="RepositoryId">The repository it belongs to.</param>
/// <param name="Object">Where its bytes go.</param>
/// <param name="State">What its store has to know to go on.</param>
/// <param name="Fresh">The key from the reserve, where this claim is the first on it.</param>
/// <param name="Algorithm">The algorithm that is hashed while streaming.</param>
/// <param name="Position">The bytes that are safely stored.</param>
/// <param name="HashState">The running hash at <paramref name="Position"/>, if there is one.</param>
public sealed record Upload(
    Guid Id, long RepositoryId, ObjectId Object, ObjectState State, ReservedId? Fresh, DigestAlgorithm Algorithm, long Position, byte[]? HashState);
