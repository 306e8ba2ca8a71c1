using Registry.Auth;
using Registry.Storage.Repositories;

namespace Registry.Access;

/// <summary>Who asks for something that is not of one repository, admitted.</summary>
/// <param name="Identity">Who.</param>
/// <param name="IsOpen">Whether nobody has to sign in, and so everything is visible.</param>
internal sealed record Caller(Identity Identity, bool IsOpen)
{
    /// <summary>The caller of the current request.</summary>
    public static Caller Of(HttpContext http) => http.Features.Get<Caller>()!;

    /// <summary>The repositories that lists show to the caller.</summary>
    public VisibleNames Visible => IsOpen ? VisibleNames.All : new VisibleNames(Identity.Principal.Readable, Public: true);
}
