namespace Registry.Tests;

/// <summary>The theories of this class with <see cref="EnginesAttribute"/> run on PostgreSQL and S3 as well: they touch objects.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnS3Attribute : Attribute;
