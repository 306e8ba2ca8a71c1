namespace Registry.Access;

/// <summary>Declares and checks the access rules of endpoints.</summary>
internal static class AccessRuleExtensions
{
    public static void Require(this IEndpointConventionBuilder endpoint, Permission permission) => endpoint.WithMetadata(new AccessRule(permission));

    /// <summary>A route that nobody has thought about must not serve: it would be open by accident.</summary>
    public static void RefuseUndeclared(this IEndpointRouteBuilder routes)
    {
        foreach (var endpoint in routes.DataSources.SelectMany(source => source.Endpoints))
        {
            if (endpoint.Metadata.GetMetadata<AccessRule>() is null)
            {
                throw new InvalidOperationException($"endpoint {endpoint.DisplayName} declares no access rule");
            }
        }
    }
}
