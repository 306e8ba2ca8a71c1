namespace Registry.Shutdown;

/// <summary>Whether the process has been asked to end: then it is not ready any more, while it still serves.</summary>
internal sealed class Draining
{
    private volatile bool began;

    public bool Began => began;

    public void Begin() => began = true;
}
