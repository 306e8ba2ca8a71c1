using Registry.Access;
using Registry.Tests.Wire;

namespace Registry.Tests.Access;

/// <summary>S20, S27: every endpoint of the management API, caller and scheme against the table in management.txt.</summary>
public sealed class ManagementMatrixTests
{
    private readonly MatrixTable _table = new("management.txt");

    [Fact]
    public async Task S20_every_endpoint_of_the_management_API_is_in_its_table()
    {
        await using var app = await RegistryApp.StartAsync();
        var mapped = MatrixTests.EndpointsOf(app).Where(endpoint => endpoint.Rule.Permission == Permission.Manage)
            .Select(endpoint => $"{endpoint.Method} {endpoint.Path}").Order(StringComparer.Ordinal);

        Assert.Equal(mapped, _table.Requests.Select(request => $"{request.Method} {request.Path}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [Engines]
    public async Task S20_S27_every_request_to_manage_is_answered_as_the_table_says(Engine engine)
    {
        await using var app = await RegistryApp.StartAsync(engine, ManagementTargets.Upstream.Setting);

        var asked = await AskAllAsync(app, new Tenants(app), SchemesOf, _ => app.Client);

        Assert.True(asked > 1500, $"only {asked} cells were asked");
    }

    [Fact]
    public async Task S27_a_client_certificate_manages_what_a_password_does()
    {
        await using var certified = await CertificateRegistry.StartAsync();

        var asked = await AskAllAsync(certified.App, certified.Tenants, CertificateRegistry.SchemesOf, certified.ClientOf);

        Assert.True(asked > 400, $"only {asked} cells were asked");
    }

    private async Task<int> AskAllAsync(RegistryApp app, Tenants tenants, Func<string, string[]> schemesOf, Func<string, HttpClient> clientOf)
    {
        var callers = await MatrixCallers.CreateAsync(tenants);
        using var targets = await ManagementTargets.CreateAsync(app, tenants);
        var deviations = new List<string>();
        var asked = 0;
        foreach (var question in Questions(schemesOf))
        {
            if (_table.Expected(question) is { } expected)
            {
                asked++;
                var path = await targets.PathAsync(question);
                var authorization = await callers.AuthorizationAsync(question.Caller, question.Scheme, null);
                var answer = await clientOf(question.Caller).SendAsync(
                    question.Method, path, targets.Body(question), authorization is null ? [] : [("Authorization", authorization)]);
                if (Describe(answer) is var found && found != expected)
                {
                    deviations.Add($"{question} ({path}): expected {expected}, was {found}");
                }
            }
        }

        Assert.True(deviations.Count == 0, $"{deviations.Count} of {asked} deviate:\n{string.Join('\n', deviations.Take(100))}");
        return asked;
    }

    private IEnumerable<MatrixQuestion> Questions(Func<string, string[]> schemesOf) =>
        from target in _table.Targets
        from caller in MatrixTable.Callers
        from scheme in schemesOf(caller)
        select new MatrixQuestion(target.Method, target.Path, target.Case, target.Repository, scheme, caller);

    // A token that asked for another repository is a bearer token like the others here.
    private static string[] SchemesOf(string caller)
    {
        var schemes = MatrixCallers.SchemesOf(caller).Where(scheme => scheme != "unasked");
        return [.. schemes.Contains("password") ? schemes.Append("limited") : schemes];
    }

    private static string Describe(Answer answer) => answer.Status switch
    {
        401 when answer["WWW-Authenticate"]?.StartsWith("Basic realm=", StringComparison.Ordinal) != true => $"{answer}",
        401 when CodeOf(answer) != "UNAUTHORIZED" => $"{answer}",
        403 when CodeOf(answer) != "DENIED" => $"{answer}",
        404 when (string?)answer.Errors()[0]["message"] != "there is nothing of this name that you may see" => $"{answer}",
        >= 500 => $"{answer}",
        var status => $"{status}",
    };

    private static string? CodeOf(Answer answer) => (string?)answer.Errors()[0]["code"];
}
