using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Registry.Access;
using Registry.Tests.Wire;

namespace Registry.Tests.Access;

/// <summary>S20, S27: every endpoint, caller, repository and scheme against the table in matrix.txt.</summary>
public sealed class MatrixTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    private const string Absent = "sha256:00000000000000000000000000000000000000000000000000000000000000aa";

    private static readonly string[] Repositories = ["public", "private", "missing"];
    private static readonly byte[] Content = "somebody's bytes"u8.ToArray();

    private readonly MatrixTable _table = new("matrix.txt");
    private int _names;

    [Theory]
    [Engines]
    public async Task S20_S27_every_request_is_answered_as_the_table_says(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var tenants = new Tenants(app);
        var asked = await AskAllAsync(tenants, MatrixCallers.SchemesOf, _ => app.Client);

        Assert.True(asked > 2000, $"only {asked} cells were asked");
    }

    [Fact]
    public async Task S27_a_client_certificate_is_answered_as_a_password_is()
    {
        await using var certified = await CertificateRegistry.StartAsync();

        var asked = await AskAllAsync(certified.Tenants, CertificateRegistry.SchemesOf, certified.ClientOf);

        Assert.True(asked > 400, $"only {asked} cells were asked");
    }

    private async Task<int> AskAllAsync(Tenants tenants, Func<string, string[]> schemesOf, Func<string, HttpClient> clientOf)
    {
        var callers = await MatrixCallers.CreateAsync(tenants);
        var image = await SeedAsync(tenants, callers);
        var deviations = new List<string>();
        var asked = 0;
        foreach (var question in Questions(schemesOf))
        {
            var expected = _table.Expected(question);
            if (expected is not null)
            {
                asked++;
                var answer = await AskAsync(clientOf(question.Caller), tenants, callers, image, question);
                if (Describe(answer, question) is var found && found != Bare(expected, question.Method))
                {
                    deviations.Add($"{question}: expected {expected}, was {found}");
                }
            }
        }

        Assert.True(deviations.Count == 0, $"{deviations.Count} of {asked} deviate:\n{string.Join('\n', deviations.Take(100))}");
        return asked;
    }

    private IEnumerable<MatrixQuestion> Questions(Func<string, string[]> schemesOf) =>
        from request in _table.Requests
        from repository in MatrixTable.IsOfRepository(request.Path) ? Repositories : ["-"]
        from caller in MatrixTable.Callers
        from scheme in schemesOf(caller)
        select new MatrixQuestion(request.Method, request.Path, request.Case, repository, scheme, caller);

    [Fact]
    public async Task S20_every_endpoint_is_in_the_table()
    {
        var app = await registry.AppAsync(Engine.Sqlite);
        var known = _table.Requests.Select(request => $"{request.Method} {request.Path}").ToHashSet();

        // Those of the management API have a table of their own.
        var missing = EndpointsOf(app).Where(endpoint => endpoint.Rule.Permission != Permission.Manage)
            .Select(endpoint => $"{endpoint.Method} {endpoint.Path}").Where(endpoint => !known.Contains(endpoint)).ToList();

        Assert.True(missing.Count == 0, $"endpoints without a row in Access/matrix.txt:\n{string.Join('\n', missing)}");
    }

    internal static IEnumerable<(string Method, string Path, AccessRule Rule)> EndpointsOf(RegistryApp app) =>
        from endpoint in app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select (method, endpoint.RoutePattern.RawText!, endpoint.Metadata.GetMetadata<AccessRule>()!);

    private static async Task<Image> SeedAsync(Tenants tenants, MatrixCallers callers)
    {
        using var http = tenants.Client(callers.Administrator.ByToken);
        var image = Image.Random();
        foreach (var name in new[] { "acme/public", "acme/private", "secret/app" })
        {
            await new RepositoryClient(http, name).PushImageAsync(image, "latest");
        }

        await tenants.MakePublicAsync("acme/public");
        return image;
    }

    private async Task<Answer> AskAsync(HttpClient http, Tenants tenants, MatrixCallers callers, Image image, MatrixQuestion question)
    {
        var name = question.Repository == "missing" ? $"acme/none-{++_names}" : $"acme/{question.Repository}";
        var upload = question.Case switch
        {
            "own" or "another's" when question.Repository == "missing" => Guid.NewGuid(),
            "own" => await tenants.UploadAsync(name, callers.SubjectOf(question.Caller)),
            "another's" => await tenants.UploadAsync(name, callers.Another.Id),
            _ => Guid.Empty,
        };
        var authorization = await callers.AuthorizationAsync(question.Caller, question.Scheme, ScopeOf(question, name));
        var answer = await http.SendAsync(
            question.Method, TargetOf(question, name, image, upload), BodyOf(question), authorization is null ? [] : [("Authorization", authorization)]);
        if (upload != Guid.Empty)
        {
            // An upload that a lapsed token has opened lets it end the push.
            await tenants.RemoveUploadAsync(upload);
        }

        return answer;
    }

    private static string? ScopeOf(MatrixQuestion question, string name) => question switch
    {
        { Path: "/v2/_catalog" } => "registry:catalog:*",
        { Path: "/v1/search" } => "registry:catalog:search",
        { Repository: "-" } => null,
        { Path: "/v2/-/blobs/uploads/-" } => $"repository:{name}:pull,push",
        { Method: "GET" or "HEAD" } => $"repository:{name}:pull",
        { Method: "DELETE" } => $"repository:{name}:delete",
        _ => $"repository:{name}:pull,push",
    };

    private string TargetOf(MatrixQuestion question, string name, Image image, Guid upload)
    {
        var path = question.Path.Replace("/v2/-/", $"/v2/{name}/", StringComparison.Ordinal);
        var stem = path[..^1];
        return question switch
        {
            { Path: "/v2/-/manifests/-", Method: "PUT" } => $"{stem}new-{++_names}",
            { Path: "/v2/-/manifests/-", Method: "DELETE", Case: "by tag" } => stem + "absent",
            { Path: "/v2/-/manifests/-" or "/v2/-/blobs/-", Method: "DELETE" } => stem + Absent,
            { Path: "/v2/-/manifests/-" } => stem + "latest",
            { Path: "/v2/-/blobs/-" } => stem + image.Config.Digest,
            { Path: "/v2/-/referrers/-" } => stem + image.Digest,
            { Path: "/v2/-/blobs/uploads/-", Method: "PUT" } => $"{stem}{upload}?digest={Oci.Digest(Content)}",
            { Path: "/v2/-/blobs/uploads/-" } => stem + upload,
            { Case: "whole" } => $"{path}/?digest={Oci.Digest(Content)}",

            // From a repository of another tenant, or one that is not there: an upload for whoever may push here.
            { Case: "mount" } => $"{path}/?mount={image.Config.Digest}&from=elsewhere/app",
            { Path: "/v2/-/blobs/uploads" } => path + "/",
            { Path: "/v1/search" } => path + "?q=acme",
            _ => path,
        };
    }

    private static HttpContent? BodyOf(MatrixQuestion question) => question switch
    {
        { Path: "/v2/-/manifests/-", Method: "PUT" } => Http.Sized(Documents.Index().Bytes(), Oci.IndexType),
        { Path: "/v2/-/blobs/uploads/-", Method: "PUT" or "PATCH" } or { Case: "whole" } => Http.Sized(Content),
        { Path: "/api/v1/setup" } => Http.Sized("""{"token":"rgs_wrong","name":"eve","password":"seven kettles under the moonlight"}"""u8.ToArray(), "application/json"),
        _ => null,
    };

    private static string Describe(Answer answer, MatrixQuestion question)
    {
        var (method, path) = (question.Method, question.Path);
        var challenge = answer["WWW-Authenticate"];
        var letter = answer.Status switch
        {
            401 when challenge?.Contains("error=\"invalid_token\"", StringComparison.Ordinal) == true => "i",
            401 when challenge?.Contains("error=\"insufficient_scope\"", StringComparison.Ordinal) == true => "s",
            404 when method != "HEAD" => answer.Errors()[0]["code"]!.GetValue<string>() switch
            {
                "NAME_UNKNOWN" => "N",
                "MANIFEST_UNKNOWN" => "M",
                "BLOB_UNKNOWN" => "B",
                "BLOB_UPLOAD_UNKNOWN" => "U",
                var other => $" {other}",
            },
            _ => string.Empty,
        };
        return answer.Status switch
        {
            401 when challenge?.StartsWith(path == "/token" ? "Basic realm=" : "Bearer realm=", StringComparison.Ordinal) != true => $"401 with {challenge}",
            401 when method != "HEAD" && (string?)answer.Errors()[0]["code"] != "UNAUTHORIZED" => $"{answer}",
            403 when method != "HEAD" && (string?)answer.Errors()[0]["code"] != "DENIED" => $"{answer}",
            >= 500 => $"{answer}",
            _ => answer.Status + letter,
        };
    }

    // The code of an error is in its body.
    private static string Bare(string expected, string method) =>
        method == "HEAD" && expected.StartsWith("404", StringComparison.Ordinal) ? "404" : expected;
}
