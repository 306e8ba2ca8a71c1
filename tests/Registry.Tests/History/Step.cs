namespace Registry.Tests.History;

/// <summary>
/// What a request did to one register, as its answer tells: which values the register may have had at that moment, and which
/// it has since. A register is a tag, a manifest or a blob; its value is a digest, or null while it does not exist.
/// </summary>
internal sealed class Step
{
    private readonly string _text;
    private readonly Func<string?, bool> _allows;
    private readonly Func<string?, string?>? _next;

    private Step(string text, Func<string?, bool> allows, Func<string?, string?>? next = null) => (_text, _allows, _next) = (text, allows, next);

    /// <summary>Whether the register stays as it is in every case.</summary>
    public bool IsRead => _next is null;

    /// <summary>The read that saw this value; null for 404.</summary>
    public static Step Saw(string? digest) => new($"saw {Short(digest)}", value => value == digest);

    /// <summary>The answer that tells whether the register exists, and no more: a listing, or a condition with * that failed.</summary>
    public static Step Exists(bool exists) => new(exists ? "was told it exists" : "was told it does not exist", value => value is not null == exists);

    public static Step Put(string digest) => new($"put {Short(digest)}", _ => true, _ => digest);

    /// <summary><c>If-Match</c> with a digest, 201.</summary>
    public static Step Replaced(string old, string digest) => new($"replaced {Short(old)} by {Short(digest)}", value => value == old, _ => digest);

    /// <summary><c>If-Match</c> with a digest, 412.</summary>
    public static Step WasNot(string old) => new($"was told it is not {Short(old)}", value => value != old);

    /// <summary><c>If-Match: *</c>, 201.</summary>
    public static Step ReplacedAny(string digest) => new($"replaced any by {Short(digest)}", value => value is not null, _ => digest);

    /// <summary><c>If-None-Match: *</c>, 201.</summary>
    public static Step Created(string digest) => new($"created {Short(digest)}", value => value is null, _ => digest);

    /// <summary>DELETE of the register, 202.</summary>
    public static Step Deleted() => new("deleted", value => value is not null, _ => null);

    /// <summary>DELETE of the manifest, which takes the tags that point to it.</summary>
    public static Step Cleared(string digest) => new($"deleted where {Short(digest)}", _ => true, value => value == digest ? null : value);

    public bool Allows(string? value) => _allows(value);

    public string? After(string? value) => _next is null ? value : _next(value);

    public override string ToString() => _text;

    public static string Short(string? digest) => digest is null ? "nothing" : digest[..Math.Min(digest.Length, 15)];
}
