using Registry.Benchmarks.Results;

namespace Registry.Benchmarks.Lines;

/// <summary>A part of a run that can be asked for by name.</summary>
internal abstract class Line(string name)
{
    public string Name { get; } = name;

    public virtual bool NeedsPostgres => false;

    public virtual bool NeedsS3 => false;

    public abstract IEnumerable<Row> Measure(Workbench bench);
}
