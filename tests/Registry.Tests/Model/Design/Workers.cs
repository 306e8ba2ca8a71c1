namespace Registry.Tests.Model.Design;

/// <summary>
/// Those who take away: a client that deletes the first manifest and perhaps the blob, and the workers of collection. The order of
/// the statements is that of ManifestStore and BlobStore.DeleteAsync, ManifestCollection, BlobCollection and Collector.
/// </summary>
internal sealed class Workers(Flaw flaw, bool anyTime)
{
    private const byte Deleter = 4;

    public static IEnumerable<(string, State)> Delete(State s)
    {
        State Go(State state, Step step) => state.With(Deleter, new Actor { At = step });
        switch (s.Deleter.At)
        {
            case Step.Begin:
                yield return ("DELETE manifest", Go(s, Step.DeleteLock) with { Deleted = 1, ManifestTask = State.Waiting });
                break;
            case Step.DeleteLock when s.Updating == 0 && s.Sharing == 0 && s.Changing == 0 && (s.Links & 1) != 0:
                yield return ("DELETE locks the blob", Go(s, Step.DeleteLook) with { Updating = Deleter });
                break;
            case Step.DeleteLook:
                // Pusher 1 pushes to this repository, too.
                yield return (s.Visible & 3) != 0
                    ? ("DELETE blob 405", Go(s.Unlock(Deleter), Step.Over))
                    : ("DELETE blob", Go(s, Step.DeleteCommit));
                break;
            case Step.DeleteCommit:
                yield return ("DELETE blob 202", (Go(s.Unlock(Deleter), Step.Over) with
                {
                    Links = (byte)(s.Links & ~1),
                    Leases = (byte)(s.Leases & ~1),
                    BlobDeleted = true,
                }).Enqueue(State.Waiting));
                break;
        }
    }

    /// <summary>What one worker can do next, in no order: it looks at a manifest, at a blob, or removes an object.</summary>
    public IEnumerable<(string, State)> Collect(State s, byte me)
    {
        var actor = s[me];
        State Go(State state, Step step, byte seen = 0) => state.With(me, step == Step.Begin ? default : state[me] with { At = step, Seen = seen });
        switch (actor.At)
        {
            case Step.Begin:
                if (s.ManifestTask == State.Due)
                {
                    yield return ("worker removes the manifest", (s with
                    {
                        Manifests = (byte)(s.Manifests & ~1),
                        Deleted = 0,
                        ManifestTask = State.None,
                    }).Enqueue(State.Due));
                }

                if (s.BlobTask == State.Due)
                {
                    yield return ("worker reads the task", s.With(me, new Actor { At = Step.ReviewLock, Seen = flaw == Flaw.ReviewLooksWhileItLocks ? Look(s) : State.None }));
                }

                // The last removal is no earlier than the end of every writer.
                foreach (var key in Bits(s.RemoveTwice | s.RemoveOnce).Where(key => (s.RemoveTwice & key) != 0 || flaw == Flaw.RemovedOnce || !IsWritten(s, key)))
                {
                    yield return ("worker reads the condemned object", s.With(me, new Actor { At = Step.RemoveBytes, Seen = key, Stale = (s.RemoveTwice & key) != 0 }));
                }

                break;
            case Step.ReviewLock when s.Updating == 0 && s.Sharing == 0 && s.Changing == 0:
                yield return s.Blob == 0
                    ? ("worker finds no blob", Go(s, Step.Begin) with { BlobTask = State.None })
                    : ("worker locks the blob", Go(s, Step.ReviewVersion, actor.Seen) with { Updating = me });
                break;
            case Step.ReviewVersion:
                yield return flaw != Flaw.ReviewWithoutVersion && (actor.Stale || s.BlobTask != State.Due)
                    ? ("worker's task is old", Go(s.Unlock(me), Step.Begin))
                    : ("worker's task holds", Go(s, Step.ReviewLinks, actor.Seen));
                break;
            case Step.ReviewLinks:
                yield return ("worker takes idle links away", Go(s, Step.ReviewEdges, flaw == Flaw.ReviewLooksWhileItLocks ? actor.Seen : Look(s)));
                break;
            case Step.ReviewEdges:
                var dropped = (byte)(actor.Seen & 3);
                var named = flaw == Flaw.ReviewLooksWhileItLocks ? (actor.Seen & 4) != 0 : s.Manifests != 0;
                var next = named || (s.Links & ~dropped) != 0 ? Step.ReviewUntil
                    : flaw == Flaw.BytesBeforeRows ? Step.RemoveBytes : Step.ReviewRemove;
                yield return ("worker looks for manifests and links", Go(s, next, next == Step.RemoveBytes ? s.Blob : dropped));
                break;
            case Step.ReviewUntil:
                yield return ("worker asks for the last lease", Go(s, Step.ReviewKeep, (byte)(actor.Seen & 3 | ((s.Links & ~actor.Seen & ~Named(s)) != 0 ? 4 : 0))));
                break;
            case Step.ReviewKeep:
                yield return ("worker keeps the blob", Keep(Go(s.Unlock(me), Step.Begin), actor));
                break;
            case Step.ReviewRemove:
                yield return Remove(s, me, actor);
                break;
            case Step.RemoveBytes when s.Updating == me:
                yield return ("worker removes the bytes first", Go(s, Step.ReviewRemove, 3) with { Disk = (byte)(s.Disk & ~actor.Seen) });
                break;
            case Step.RemoveBytes:
                yield return ("worker removes the bytes", Go(s, Step.RemoveRow, actor.Seen) with
                {
                    Disk = (byte)(s.Disk & ~actor.Seen),
                    Late = (byte)(s.Late | actor.Seen),
                });
                break;
            case Step.RemoveRow:
                yield return RemoveRow(s, Go(s, Step.Begin), actor);
                break;
        }

        if (actor.At != Step.Begin)
        {
            yield return ("worker crashes", s.Unlock(me).With(me, default));
        }
    }

    /// <summary>What happens by itself: tasks become due, and a removal that was thought lost is carried out.</summary>
    public IEnumerable<(string, State)> Pass(State s)
    {
        // The grace of a manifest is longer than a lease: who was told that its blob is there has come back by then, or never will.
        var relied = s.One is { At: < Step.Over, Promised: true };
        if (s.ManifestTask == State.Waiting && (anyTime || !relied))
        {
            yield return ("manifest is due", s with { ManifestTask = State.Due });
        }

        if (s.BlobTask == State.Waiting)
        {
            yield return ("blob is due", s with { BlobTask = State.Due });
        }

        foreach (var key in Bits(s.Late & s.Disk))
        {
            yield return ("a removal is repeated late", s with { Disk = (byte)(s.Disk & ~key), Late = (byte)(s.Late & ~key) });
        }
    }

    // Manifest 1 and that of pusher 1 are in the first repository, that of pusher 2 in the second.
    private static int Named(State s) => ((s.Manifests & 3) != 0 ? 1 : 0) | ((s.Manifests & 4) != 0 ? 2 : 0);

    /// <summary>The links that nothing holds any more, and whether there is a manifest.</summary>
    private byte Look(State s) =>
        (byte)((s.Links & ~Named(s) & (flaw == Flaw.LinksWithoutLease ? 3 : ~s.Leases)) | (s.Manifests != 0 ? 4 : 0));

    private State Keep(State s, Actor actor)
    {
        s = s with { Links = (byte)(s.Links & ~(actor.Seen & 3)) };
        if (actor.Stale && flaw != Flaw.ReviewWithoutVersion)
        {
            return s;
        }

        return s with { BlobTask = (actor.Seen & 4) != 0 ? State.Waiting : State.None };
    }

    private static (string, State) Remove(State s, byte me, Actor actor)
    {
        var gone = s.Unlock(me).With(me, default);
        return s.Manifests != 0 || (s.Links & ~actor.Seen) != 0
            ? ("a foreign key refuses the worker", gone with { Refused = true })
            : ("worker removes the blob's row", gone with
            {
                Blob = 0,
                Links = 0,
                BlobTask = State.None,
                Live = (byte)(s.Live & ~s.Blob),
                RemoveOnce = (byte)(s.RemoveOnce | s.Blob),
            });
    }

    private (string, State) RemoveRow(State s, State next, Actor actor)
    {
        var key = actor.Seen;
        if ((s.RemoveTwice & key) != 0)
        {
            return ("worker will remove it again", next with { RemoveTwice = (byte)(s.RemoveTwice & ~key), RemoveOnce = (byte)(s.RemoveOnce | key) });
        }

        return actor.Stale && flaw != Flaw.LastRemovalEarly
            ? ("worker is told that it is not due", next)
            : ("worker removes the object's row", next with { RemoveOnce = (byte)(s.RemoveOnce & ~key) });
    }

    private static bool IsWritten(State s, byte key) => s.One.At == Step.WriteBytes && key == 2 || s.Two.At == Step.WriteBytes && key == 4;

    private static IEnumerable<byte> Bits(int set)
    {
        for (var bit = 1; bit <= set; bit <<= 1)
        {
            if ((set & bit) != 0)
            {
                yield return (byte)bit;
            }
        }
    }
}
