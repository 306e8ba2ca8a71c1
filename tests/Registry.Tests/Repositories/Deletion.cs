using Registry.CommandLine;
using Registry.Tests.Wire;

namespace Registry.Tests.Repositories;

/// <summary>The delete of a whole repository, as the owner of the data directory asks for it.</summary>
internal static class Deletion
{
    public static async Task<Answer> DeleteRepositoryAsync(string dataDirectory, string name)
    {
        using var http = LocalSocket.CreateClient(dataDirectory);
        return await http.SendAsync("DELETE", $"/api/v1/repositories/{name}");
    }

    public static Task<Answer> DeleteRepositoryAsync(this RegistryApp app, RepositoryWire repository) =>
        DeleteRepositoryAsync(app.DataDirectory, repository.Name);
}
