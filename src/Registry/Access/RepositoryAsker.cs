using Registry.Auth;
using Registry.Auth.Identities;
using Registry.Auth.Permissions;
using Registry.Mirror;
using Registry.Protocol;
using Registry.Storage.Metadata;
using Registry.Storage.Oci;
using Registry.Storage.Repositories;
using Registry.Storage.Uploads;

namespace Registry.Access;

/// <summary>The caller of a repository's endpoint. The stores ask it with what the answering statement has found.</summary>
internal sealed class RepositoryAsker(HttpContext http, Identity identity, Permission permission, Policy policy, Principals principals, bool open) : Asker
{
    private readonly Mirrored? mirrored = Mirrored.Of(http);
    private Identity identity = identity;
    private bool mayOverwrite;
    private bool isOpen;
    private VisibleNames? shown;

    /// <summary>The asker of the current request.</summary>
    public static RepositoryAsker Of(HttpContext http) => http.Features.Get<RepositoryAsker>()!;

    /// <summary>The name of who asks, for records; null for nobody.</summary>
    public string? Actor => identity.Principal.Name is { Length: > 0 } name ? name : null;

    public override long Credential => identity.Principal.Credential;

    public override long Subject => identity.Principal.Subject;

    public override bool MayOverwrite => mayOverwrite;

    public override IReadOnlyList<NameRange> Readable => isOpen ? [NameRange.All] : identity.Principal.Readable;

    public override bool ExpectsToPull(RepositoryName name) =>
        (Credential == 0 && principals.LooksOpen) || IsFree || identity.Principal.On(name.Value).HasFlag(Right.Pull);

    // What is guessed wrong here is found out by the statement that is made with it.
    public override VisibleNames Visible => shown =
        isOpen || (Credential == 0 && principals.LooksOpen) ? VisibleNames.All : new VisibleNames(identity.Principal.Readable, Public: true);

    public override async ValueTask<bool> AuthorizeListAsync(Session session, long? standing)
    {
        if (Policy.IsChanged(identity.Principal, standing))
        {
            await RefreshAsync(session);
            return false;
        }

        var verdict = policy.DecideList(identity, standing);
        principals.LooksOpen = verdict == Verdict.Open;
        if (verdict == Verdict.Open)
        {
            OpenCaller.Admit(http, open);
            isOpen = true;
        }
        else if (verdict != Verdict.Allowed)
        {
            throw new AccessRefusedException(verdict, identity);
        }

        return ReferenceEquals(shown, VisibleNames.All) == isOpen;
    }

    // Everybody may pull what the upstream has, whether it is here already or not.
    private bool IsFree => mirrored is { Upstream.Options.Anonymous: true };

    public override ValueTask AuthorizeAsync(Session session, RepositoryName name, RepositoryFacts facts)
    {
        var authorized = AuthorizeLocalAsync(session, name, facts);
        return mirrored is null || mirrored.Name != name ? authorized : AuthorizeMirroredAsync(authorized, mirrored);
    }

    private ValueTask AuthorizeLocalAsync(Session session, RepositoryName name, RepositoryFacts facts)
    {
        var verdict = Decide(name, facts);
        if (Credential == 0 && principals.LooksOpen != (verdict == Verdict.Open))
        {
            principals.LooksOpen = verdict == Verdict.Open;
        }

        if (verdict != Verdict.Allowed)
        {
            return SettleAsync(session, verdict, name, facts);
        }

        mayOverwrite = identity.Principal.On(name.Value).HasFlag(Right.Overwrite);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<bool> MayPullAsync(Session session, RepositoryName name, RepositoryFacts facts)
    {
        var verdict = policy.Decide(identity, Right.Pull, name.Value, facts);
        if (verdict == Verdict.Changed)
        {
            await RefreshAsync(session);
            verdict = policy.Decide(identity, Right.Pull, name.Value, facts);
        }

        return verdict is Verdict.Allowed or Verdict.Open;
    }

    // What nobody can do is said to those who could do it elsewhere.
    private async ValueTask AuthorizeMirroredAsync(ValueTask authorized, Mirrored repository)
    {
        await authorized;
        var options = repository.Upstream.Options;
        if (permission is Permission.Push or Permission.Upload)
        {
            throw new OciException(
                OciError.Unsupported, $"{options.Alias} mirrors {options.Address.Host}: nothing can be pushed there; push under another name", [repository.Name.Value]);
        }

        if (!options.Allows(repository.Remote))
        {
            throw new OciException(OciError.Denied, $"{repository.Remote} is not among the names that may be pulled from {options.Address.Host}", [repository.Name.Value]);
        }
    }

    private Verdict Decide(RepositoryName name, RepositoryFacts facts) => permission switch
    {
        Permission.Pull when IsFree => Policy.DecideFree(identity, facts),
        Permission.Upload => policy.DecideUpload(identity, name.Value, facts),
        Permission.Push => policy.Decide(identity, Right.Push, name.Value, facts),
        Permission.Delete => policy.Decide(identity, Right.Delete, name.Value, facts),
        _ => policy.Decide(identity, Right.Pull, name.Value, facts),
    };

    private async ValueTask SettleAsync(Session session, Verdict verdict, RepositoryName name, RepositoryFacts facts)
    {
        if (verdict == Verdict.Changed)
        {
            await RefreshAsync(session);
            verdict = Decide(name, facts with { Standing = identity.Principal.Epoch });
        }

        if (verdict == Verdict.SignIn && permission == Permission.Push && await EndsPushAsync(session, name, facts))
        {
            verdict = Verdict.Allowed;
        }

        if (verdict == Verdict.Open)
        {
            OpenCaller.Admit(http, open);
            mayOverwrite = true;
            isOpen = true;
            return;
        }

        mayOverwrite = identity.Principal.On(name.Value).HasFlag(Right.Overwrite);
        if (verdict != Verdict.Allowed)
        {
            throw new AccessRefusedException(verdict, identity);
        }
    }

    // What was remembered of the subject is of an older epoch.
    private async Task RefreshAsync(Session session)
    {
        var principal = await principals.ReadAsync(session, identity.Principal.Credential);
        identity = principal is null ? Identity.Invalid : identity with { Principal = principal };
    }

    /// <summary>
    /// The manifest that ends a push whose token has expired meanwhile: clients cannot get a new one and repeat (docker, podman,
    /// skopeo). An upload of the subject since the token was issued shows that there was such a push.
    /// </summary>
    private async ValueTask<bool> EndsPushAsync(Session session, RepositoryName name, RepositoryFacts facts)
    {
        if (identity.Token is not { IsExpired: true } token || facts.Id is not { } id || RepositoryPath.Of(http).Routed != RepositoryPath.Manifest)
        {
            return false;
        }

        var inTime = identity with { Token = token with { IsExpired = false } };
        return await UploadStore.HasOpenedAsync(session, id, Subject, token.IssuedAt)
            && policy.Decide(inTime, Right.Push, name.Value, facts) == Verdict.Allowed;
    }
}
