using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Microsoft.AspNetCore.Routing.Patterns;
using Registry.Access;

namespace Registry.Management;

/// <summary>
/// The OpenAPI 3.1 document of the management API, made from what its endpoints declare when it is first asked for: nothing of it
/// costs a start.
/// </summary>
internal sealed class OpenApiEndpoints(EndpointDataSource endpoints)
{
    private const string Path = "/openapi.json";

    private static readonly JsonSchemaExporterOptions Schemas = new() { TreatNullObliviousAsNonNullable = true };

    private byte[]? document;

    public void Map(IEndpointRouteBuilder app) => app.Map(
        HttpMethods.Get, Path, GetAsync, "This document", 200, null, typeof(JsonObject), Permission.Probe);

    private Task GetAsync(HttpContext http)
    {
        document ??= JsonSerializer.SerializeToUtf8Bytes(Describe());
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = document.Length;
        return http.Response.Body.WriteAsync(document).AsTask();
    }

    private JsonObject Describe()
    {
        var paths = new JsonObject();
        var schemas = new JsonObject { ["Errors"] = Errors() };
        foreach (var endpoint in endpoints.Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<Operation>() is { } operation)
            {
                var path = "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(Text))));
                var item = paths[path] as JsonObject ?? (JsonObject)(paths[path] = new JsonObject());
                item[operation.Method.ToLowerInvariant()] = Describe(endpoint, operation, schemas);
            }
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "Registry management", ["version"] = "1" },
            ["security"] = new JsonArray(new JsonObject { ["basic"] = new JsonArray() }, new JsonObject { ["token"] = new JsonArray() }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas,
                ["securitySchemes"] = new JsonObject
                {
                    ["basic"] = new JsonObject { ["type"] = "http", ["scheme"] = "basic" },
                    ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "access token" },
                },
            },
        };
    }

    private static JsonObject Describe(RouteEndpoint endpoint, Operation operation, JsonObject schemas)
    {
        var answer = new JsonObject { ["description"] = "Done" };
        if (operation.Answer is { } type)
        {
            answer["content"] = Content(type, schemas);
        }

        var description = new JsonObject
        {
            ["summary"] = operation.Summary,
            ["parameters"] = new JsonArray([
                .. endpoint.RoutePattern.Parameters.Select(parameter => Parameter(parameter.Name, "path", isRequired: true)),
                .. operation.Query.Select(name => Parameter(name, "query", isRequired: false))]),
            ["responses"] = new JsonObject
            {
                [operation.Status.ToString(CultureInfo.InvariantCulture)] = answer,
                ["default"] = new JsonObject
                {
                    ["description"] = "Refused",
                    ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Reference("Errors") } },
                },
            },
        };
        if (operation.Body is { } body)
        {
            description["requestBody"] = new JsonObject { ["content"] = Content(body, schemas) };
        }

        if (endpoint.Metadata.GetMetadata<AccessRule>()!.Permission != Permission.Manage)
        {
            description["security"] = new JsonArray();
        }

        return description;
    }

    private static JsonObject Content(Type type, JsonObject schemas)
    {
        var name = type.IsGenericType ? $"ListOf{type.GenericTypeArguments[0].Name}" : type.Name;
        schemas[name] ??= type == typeof(JsonObject) ? new JsonObject { ["type"] = "object" } : ManagementJson.Options.GetJsonSchemaAsNode(type, Schemas);
        return new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Reference(name) } };
    }

    // As ErrorEnvelope writes them.
    private static JsonNode Errors() => JsonNode.Parse(
        """
        {"type":"object","required":["errors"],"properties":{"errors":{"type":"array","items":{"type":"object","required":["code","message"],
          "properties":{"code":{"type":"string"},"message":{"type":"string"},"detail":{"type":"string"}}}}}}
        """)!;

    private static JsonObject Parameter(string name, string place, bool isRequired) => new()
    {
        ["name"] = name,
        ["in"] = place,
        ["required"] = isRequired,
        ["schema"] = new JsonObject { ["type"] = name is "id" or "n" ? "integer" : "string" },
    };

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    private static string Text(RoutePatternPart part) => part switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
        _ => string.Empty,
    };
}
