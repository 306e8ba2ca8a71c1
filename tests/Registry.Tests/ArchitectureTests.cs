using System.Reflection;

namespace Registry.Tests;

/// <summary>The shape of the product, kept by the build.</summary>
public sealed class ArchitectureTests
{
    private const int MostLines = 350;

    private static readonly Assembly[] Product = [.. new[] { "registry", "Registry.Auth", "Registry.Storage" }.Select(Assembly.Load)];

    [Theory]
    [InlineData("Registry.Storage", "registry", "Registry.Auth", "Microsoft.AspNetCore")]
    [InlineData("Registry.Auth", "registry")]
    public void Dependencies_point_from_Registry_over_Auth_to_Storage(string assembly, params string[] forbidden)
    {
        var references = Assembly.Load(assembly).GetReferencedAssemblies().Select(reference => reference.Name!);

        Assert.DoesNotContain(references, reference => forbidden.Any(name => reference == name || reference.StartsWith(name + ".", StringComparison.Ordinal)));
    }

    [Fact]
    public void Auth_uses_nothing_of_the_web_framework_but_data_protection()
    {
        var references = Assembly.Load("Registry.Auth").GetReferencedAssemblies().Select(reference => reference.Name!);

        Assert.DoesNotContain(
            references,
            name => name.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)
                && !name.StartsWith("Microsoft.AspNetCore.DataProtection", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Storage", "Microsoft.AspNetCore")]
    [InlineData("Auth", "Microsoft.NET.Sdk.Web")]
    public void Lower_projects_are_no_web_projects(string project, string forbidden)
    {
        var text = File.ReadAllText(Path.Combine(SourceTree.Root, "src", project, $"{project}.csproj"));

        Assert.Contains("Sdk=\"Microsoft.NET.Sdk\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain(forbidden, text, StringComparison.Ordinal);
        Assert.DoesNotContain("/Registry.csproj", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_the_product_are_short()
    {
        var files = SourceTree.Files("src", "*.cs");

        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.True(File.ReadLines(file).Count() <= MostLines, $"{file} has more than {MostLines} lines."));
    }

    [Fact]
    public void No_public_interface_has_a_single_implementation()
    {
        var types = Product.SelectMany(assembly => assembly.GetTypes()).ToArray();
        var interfaces = types.Where(type => type is { IsInterface: true, IsVisible: true });

        Assert.DoesNotContain(interfaces, type => types.Count(candidate => !candidate.IsInterface && type.IsAssignableFrom(candidate)) is 1);
    }

    // What all others connect to was written by an administrator, is on this machine, or is another replica.
    [Fact]
    public void S50_clients_for_addresses_that_others_name_are_made_in_one_place()
    {
        string[] known =
        [
            "src/Auth/Tokens/Trusted/KeySource.cs", "src/Registry/CommandLine/Connection.cs", "src/Registry/CommandLine/LocalSocket.cs",
            "src/Registry/Mirror/FillRelay.cs", "src/Registry/Upstreams/UpstreamConnection.cs", "src/Storage/Objects/S3/S3Client.cs",
        ];
        string[] signs = ["new HttpClient", "SocketsHttpHandler", "HttpClientHandler", "HttpMessageInvoker", "WebRequest", "WebClient"];

        var makers = SourceTree.Files("src", "*.cs").Where(file => signs.Any(File.ReadAllText(file).Contains)).Select(file => Path.GetRelativePath(SourceTree.Root, file));

        Assert.Equal(known, makers.Order(StringComparer.Ordinal));
    }
}
