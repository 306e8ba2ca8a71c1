namespace Registry.Auth.Permissions;

/// <summary>A role on the names that a pattern means.</summary>
/// <param name="Names">Where it holds.</param>
/// <param name="Role">What it is.</param>
/// <param name="Overwrite">Whether tags may be moved; null: as the role says.</param>
/// <param name="Removal">Whether tags, manifests and blobs may be deleted; null: as the role says.</param>
public sealed record Grant(NamePattern Names, Role Role, bool? Overwrite = null, bool? Removal = null)
{
    /// <summary>What the grant allows.</summary>
    public Right Rights => With(With(RightsOf(Role), Right.Overwrite, Overwrite), Right.Delete, Removal);

    private static Right RightsOf(Role role) => role switch
    {
        Role.Reader => Right.Pull,
        Role.Writer => Right.Pull | Right.Push | Right.Create | Right.Overwrite,
        Role.Maintainer => Right.Pull | Right.Push | Right.Create | Right.Overwrite | Right.Delete,
        Role.Owner => Right.All,
        _ => Right.None,
    };

    private static Right With(Right rights, Right right, bool? wanted) => wanted switch
    {
        true => rights | right,
        false => rights & ~right,
        null => rights,
    };
}
