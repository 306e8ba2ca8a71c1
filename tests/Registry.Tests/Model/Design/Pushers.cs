namespace Registry.Tests.Model.Design;

/// <summary>
/// Clients that push: HEAD, or not; then an upload, or a mount; then the manifest. The order of the statements is that of
/// BlobStore.FindPromisedAsync and MountAsync, UploadStore and ManifestPut.
/// </summary>
internal sealed class Pushers(Flaw flaw, bool anyTime)
{
    /// <summary>What the client or the database session of pusher <paramref name="me"/> can do next. It pushes to the repository of the same number.</summary>
    public IEnumerable<(string, State)> Next(State s, byte me)
    {
        var actor = s[me];
        var key = flaw == Flaw.KeyIsDigest ? (byte)1 : (byte)(me << 1);
        var linked = (s.Links & me) != 0;
        State Go(State state, Step step, bool promised = false, byte seen = 0) =>
            state.With(me, new Actor { At = step, Promised = promised, Seen = seen });

        switch (actor.At)
        {
            case Step.Begin:
                var safe = (s.Leases & me) != 0 || (me == 1 && (s.Visible & 1) != 0);
                yield return !linked ? ("HEAD 404", Go(s, Step.StartUpload))
                    : safe ? ("HEAD 200", Go(s, Step.PutLock, promised: true))
                    : ("HEAD wants a lease", Go(s, Step.ExtendLock));
                yield return ("no HEAD", Go(s, Step.StartUpload));
                if (me == 2)
                {
                    yield return ("mount", Go(s, Step.MountLock));
                }

                break;
            case Step.ExtendLock when s.Updating == 0:
                yield return s.Blob == 0 ? ("HEAD 404", Go(s, Step.StartUpload)) : ("HEAD locks the blob", Go(s, Step.ExtendCommit) with { Sharing = (byte)(s.Sharing | me) });
                break;
            case Step.ExtendCommit:
                yield return linked
                    ? ("HEAD 200 with a lease", Go(s.Unlock(me), Step.PutLock, promised: true) with { Leases = (byte)(s.Leases | me) })
                    : ("HEAD 404", Go(s.Unlock(me), Step.StartUpload));
                break;
            case Step.MountLock when s.Updating == 0:
                yield return s.Blob == 0 ? ("mount 202", Go(s, Step.StartUpload)) : ("mount locks the blob", Go(s, Step.MountLook) with { Sharing = (byte)(s.Sharing | me) });
                break;
            case Step.MountLook:
                yield return (s.Links & 1) == 0 ? ("mount 202", Go(s.Unlock(me), Step.StartUpload)) : ("mount sees the source", Go(s, Step.MountCommit));
                break;
            case Step.MountCommit:
                yield return ("mount 201", Go(Link(s.Unlock(me), me), Step.PutLock, promised: true));
                break;
            case Step.StartUpload:
                yield return ("upload starts", Go(s, Step.WriteBytes) with { Writing = flaw == Flaw.BytesBeforeIntent ? s.Writing : (byte)(s.Writing | key) });
                break;
            case Step.WriteBytes:
                yield return ("bytes are synced", Go(s, Step.CloseLock) with { Disk = (byte)(s.Disk | key) });
                break;
            case Step.CloseLock when (s.Writing & key) == 0 && flaw != Flaw.BytesBeforeIntent:
                yield return ("close 404", Go(s, Step.Over));
                break;
            case Step.CloseLock when s.Updating == 0 && s.Changing == 0:
                yield return ("close locks the digest", Go(s, Step.CloseCommit) with { Changing = me });
                break;
            case Step.CloseCommit:
                yield return ("close 201", Go(Adopt(s.Unlock(me), key, me), Step.PutLock, promised: true));
                break;
            case Step.PutLock when flaw == Flaw.PutWithoutLock:
                yield return ("manifest looks at no lock", Go(s, Step.PutLook, actor.Promised, (byte)(s.Links & me)));
                break;
            case Step.PutLock when flaw == Flaw.PutLooksWhileItLocks && actor.Seen == 0:
                yield return ("manifest's statement begins", Go(s, Step.PutLock, actor.Promised, (byte)(8 | (s.Links & me))));
                break;
            case Step.PutLock when s.Updating == 0:
                yield return s.Blob == 0
                    ? Refuse(s, actor, Go(s, Step.Over))
                    : ("manifest locks the blob", Go(s, Step.PutLook, actor.Promised, actor.Seen) with { Sharing = (byte)(s.Sharing | me) });
                break;
            case Step.PutLook:
                var sees = flaw switch
                {
                    Flaw.PutLooksWhileItLocks => (actor.Seen & me) != 0,
                    _ => linked,
                };
                yield return sees ? ("manifest sees the link", Go(s, Step.PutCommit, actor.Promised)) : Refuse(s, actor, Go(s.Unlock(me), Step.Over));
                break;
            case Step.PutCommit:
                yield return ("manifest 201", Go(s.Unlock(me), Step.Over) with { Manifests = (byte)(s.Manifests | me << 1) });
                break;
        }

        if (actor.At < Step.Over)
        {
            yield return ("crash", Go(s.Unlock(me), Step.Dead));
        }

        foreach (var step in Expire(s, me, key, actor))
        {
            yield return step;
        }
    }

    /// <summary>A blob has come into a repository: its lease runs, and its task waits for that and longer.</summary>
    private static State Link(State s, byte repository) => (s with
    {
        Links = (byte)(s.Links | repository),
        Leases = (byte)(s.Leases | repository),
        BlobTask = State.None,
    }).Enqueue(State.Waiting);

    private State Adopt(State s, byte key, byte me)
    {
        var fresh = s.Blob == 0;
        var condemned = !fresh && s.Blob != key && flaw != Flaw.SecondObjectForgotten;
        return Link(
            s with
            {
                Blob = fresh ? key : s.Blob,
                Writing = (byte)(s.Writing & ~key),
                Live = condemned ? s.Live : (byte)(s.Live | key),
                RemoveOnce = condemned ? (byte)(s.RemoveOnce | key) : flaw == Flaw.KeyIsDigest ? State.None : s.RemoveOnce,
            },
            me);
    }

    // Told that it is there, and it is not: unless somebody has deleted it.
    private (string, State) Refuse(State s, Actor actor, State next) =>
        ("manifest 400", next with { Broken = s.Broken || (actor.Promised && !anyTime && !s.BlobDeleted) });

    // Leases and uploads end when their client has gone; or, to see that nothing depends on it, at any time.
    private IEnumerable<(string, State)> Expire(State s, byte me, byte key, Actor actor)
    {
        var gone = actor.At >= Step.Over;
        if ((s.Leases & me) != 0 && (gone || anyTime))
        {
            yield return ("lease ends", s with { Leases = (byte)(s.Leases & ~me) });
        }

        if ((s.Writing & key) != 0 && (gone || anyTime) && actor.At != Step.CloseCommit)
        {
            yield return ("upload expires", s with
            {
                Writing = (byte)(s.Writing & ~key),
                RemoveTwice = flaw == Flaw.RemovedOnce ? s.RemoveTwice : (byte)(s.RemoveTwice | key),
                RemoveOnce = flaw == Flaw.RemovedOnce ? (byte)(s.RemoveOnce | key) : s.RemoveOnce,
            });
        }
    }
}
