using Microsoft.AspNetCore.Builder;
using Registry.Access;

namespace Registry.Tests.Access;

/// <summary>S20: a route that nobody has thought about does not serve.</summary>
public sealed class DeclarationTests
{
    [Fact]
    public async Task S20_an_endpoint_without_an_access_rule_stops_the_start()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        app.MapGet("/declared", () => "").Require(Permission.Probe);
        app.RefuseUndeclared();
        app.MapGet("/forgotten", () => "");

        var refused = Assert.Throws<InvalidOperationException>(app.RefuseUndeclared);
        Assert.Contains("/forgotten", refused.Message, StringComparison.Ordinal);
    }
}
