using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Registry.Tests.Management;

/// <summary>The OpenAPI document and the endpoints say the same.</summary>
public sealed class OpenApiTests
{
    [Fact]
    public async Task The_document_has_every_route_and_method_and_no_other()
    {
        await using var app = await RegistryApp.StartAsync();
        var document = await app.As(null).ReadAsync("/openapi.json");
        Assert.Equal("3.1.0", document.GetProperty("openapi").GetString());
        var described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"))
            .Order(StringComparer.Ordinal);
        Assert.Equal(Routes(app).Order(StringComparer.Ordinal), described);
    }

    [Fact]
    public async Task Every_reference_in_the_document_leads_somewhere()
    {
        await using var app = await RegistryApp.StartAsync();
        var document = await app.As(null).ReadAsync("/openapi.json");
        var schemas = document.GetProperty("components").GetProperty("schemas");
        var references = System.Text.RegularExpressions.Regex.Matches(document.GetRawText(), "\"#/components/schemas/([^\"]+)\"").Select(match => match.Groups[1].Value).ToHashSet();
        Assert.Contains("NewUser", references);
        Assert.All(references, name => Assert.True(schemas.TryGetProperty(name, out _), name));
    }

    internal static IEnumerable<string> Routes(RegistryApp app) =>
        from endpoint in app.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        where endpoint.RoutePattern.RawText!.StartsWith("/api/v1", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods
        select $"{method} {endpoint.RoutePattern.RawText!.Replace("{**", "{", StringComparison.Ordinal)}";
}
