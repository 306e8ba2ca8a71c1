using Registry.Auth.Identities;
using Registry.Auth.Passwords;
using Registry.Auth.Permissions;
using Registry.Storage.Oci;

namespace Registry.Management;

/// <summary>Takes the users of another registry over from its htpasswd file; their passwords keep working.</summary>
internal sealed class ImportEndpoints(UserStore users)
{
    private const int MaxBody = 1 << 20;

    public void Map(IEndpointRouteBuilder app) => app.Map(
        HttpMethods.Post,
        UserEndpoints.Path + "/import",
        PostAsync,
        "Adds the users of an htpasswd file with bcrypt entries",
        200,
        typeof(Import),
        typeof(ImportReport),
        maxBody: MaxBody);

    private async Task PostAsync(HttpContext http)
    {
        http.Demand(ManagementRequest.Administer);
        var import = await ManagementJson.ReadAsync<Import>(http);
        if (!PasswordHash.ReadsBcrypt)
        {
            throw new OciException(ManagementError.Conflict, "this machine has no libcrypt that could check such passwords; install libxcrypt");
        }

        var file = Htpasswd.Parse(import.Htpasswd);
        var taken = await users.ImportAsync(
            http.Author(), file.Entries.Select(entry => (entry.UserName, entry.Hash)).ToList(), http.RequestAborted);
        var lines = file.Entries.Select(entry => new ImportLine(
                entry.Line, entry.UserName, !taken.Contains(entry.UserName), taken.Contains(entry.UserName) ? "there is a user of this name already; it stays as it is" : null))
            .Concat(file.Problems.Select(problem => new ImportLine(problem.Line, null, false, problem.Reason)))
            .OrderBy(line => line.Line)
            .ToList();
        await ManagementJson.WriteAsync(http, new ImportReport(lines.Count(line => line.Imported), lines));
    }
}

/// <summary>The text of an htpasswd file.</summary>
internal sealed record Import(string Htpasswd);

/// <summary>What became of the lines.</summary>
internal sealed record ImportReport(int Imported, IReadOnlyList<ImportLine> Lines);

/// <summary>What became of a line, and why it was not imported.</summary>
internal sealed record ImportLine(int Line, string? User, bool Imported, string? Reason);
