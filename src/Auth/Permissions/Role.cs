namespace Registry.Auth.Permissions;

/// <summary>A usual set of rights.</summary>
public enum Role
{
    /// <summary>May pull.</summary>
    Reader = 1,

    /// <summary>May also push, make repositories and move tags.</summary>
    Writer = 2,

    /// <summary>May also delete.</summary>
    Maintainer = 3,

    /// <summary>May also decide who may do what.</summary>
    Owner = 4,
}
