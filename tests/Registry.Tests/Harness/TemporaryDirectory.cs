namespace Registry.Tests;

/// <summary>A new empty directory that is deleted with all it holds.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = RunDirectory.Create("test");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
