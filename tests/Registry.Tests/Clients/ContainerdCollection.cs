namespace Registry.Tests.Clients;

/// <summary>All tests with containerd share a daemon, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ContainerdCollection : ICollectionFixture<ContainerdDaemon>
{
    public const string Name = "containerd";
}
