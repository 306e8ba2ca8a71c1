namespace Registry.Tests.Clients;

/// <summary>All tests with docker share a daemon, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class DockerCollection : ICollectionFixture<DockerDaemon>
{
    public const string Name = "docker";
}
