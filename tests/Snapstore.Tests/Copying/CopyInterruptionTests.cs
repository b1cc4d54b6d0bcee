using Snapstore.Copying;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Garbage;

namespace Snapstore.Tests.Copying;

/// <summary>Copies that die, are cancelled, or have a prune beside them.</summary>
public sealed class CopyInterruptionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_copy_may_die_at_any_call_and_the_next_goes_on(bool losesReply)
    {
        using CopiedRepositories both = new();
        TestFiles.Write(both["file"], TestFiles.Bytes(1, 700_000));
        both.Snapshot();
        TestFiles.Write(both["other"], TestFiles.Bytes(2, 200_000));
        both.Snapshot();
        TestStorage empty = both.TargetStorage.Copy();
        for (int calls = 0; ; calls++)
        {
            Reset(both.TargetStorage, empty);
            FailingStorage? failing = null;
            try
            {
                both.Copy(wrapTarget: storage => failing = new FailingStorage(storage, calls) { LosesReply = losesReply });
            }
            catch (StorageException)
            {
            }

            both.AssertTargetIsWhole();
            both.Copy();
            Assert.Equal(2, both.AssertTargetIsWhole().Count);
            both.ForgetAtTarget();
            Assert.Equal(2, both.AssertTargetIsWhole().Count);
            if (failing!.HasFailed)
                continue;
            Assert.True(calls > 15, $"only {calls} calls");
            return;
        }
    }

    [Fact]
    public void What_a_cancelled_copy_stored_is_not_stored_again()
    {
        using CopiedRepositories both = new();
        for (int i = 0; i < 12; i++)
            TestFiles.Write(both[$"file{i:00}"], TestFiles.Bytes(i, 1_000_000));
        both.Snapshot();
        using CancellationTokenSource cancel = new();
        long read = 0;
        both.SourceStorage.OnRead = (_, _, bytes) =>
        {
            read += bytes.Length;
            if (read > 7_000_000)
                cancel.Cancel();
        };
        Assert.Throws<OperationCanceledException>(() => both.Copy(cancel: cancel.Token));
        both.SourceStorage.OnRead = null;
        both.Target.AssertNoSnapshot();
        Assert.InRange(Assert.Single(both.Copy()).Stored.DataBytes, 1_000_000, 9_000_000);
        both.AssertTargetIsWhole();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_pruned_at_the_target_between_two_snapshots_is_stored_again(bool sharesIds)
    {
        using CopiedRepositories both = new(sharesIds);
        TestFiles.Write(both["file"], TestFiles.Bytes(1, 900_000));
        both.Snapshot();
        TestFiles.Write(both["other"], TestFiles.Bytes(2, 100_000));
        both.Snapshot();
        using Repository source = both.Source.Open(), target = both.Target.Open();
        IReadOnlyList<Snapshot> snapshots = SnapshotList.Load(source).Snapshots;
        using SnapshotCopier copier = new(source, target, both.Options, new RunProgress(), default);
        SessionId first = copier.Copy(snapshots[0]).Copy!.Id;
        both.ForgetAtTarget(first);

        Assert.True(copier.Copy(snapshots[1]).Stored.DataBytes >= 1_000_000);

        Assert.Single(both.AssertTargetIsWhole());
        both.ForgetAtTarget();
        Assert.Single(both.AssertTargetIsWhole());
    }

    [Fact]
    public void A_copy_that_a_prune_fenced_begins_again()
    {
        using CopiedRepositories both = new();
        TestFiles.Write(both["file"], TestFiles.Bytes(1, 900_000));
        both.Snapshot();
        int fences = 0;

        // The prune takes every session for dead, and comes when all is stored and the manifest is about to be put.
        HookedStorage Fencing(IStorage storage) => new(storage)
        {
            BeforePut = key =>
            {
                if (key.TryParseId(StorageKey.SnapshotsPrefix, out _) && fences++ == 0)
                    both.ForgetAtTarget();
            },
        };
        Assert.Equal(CopyOutcome.Copied, Assert.Single(both.Copy(wrapTarget: Fencing)).Outcome);
        Assert.True(fences >= 2);
        Assert.Single(both.AssertTargetIsWhole());
    }

    [Fact]
    public void A_snapshot_that_is_forgotten_and_swept_meanwhile_is_said_to_be()
    {
        using CopiedRepositories both = new();
        TestFiles.Write(both["file"], TestFiles.Bytes(1, 900_000));
        both.Snapshot();
        using Repository source = both.Source.Open(), target = both.Target.Open();
        using SnapshotCopier copier = new(source, target, both.Options, new RunProgress(), default);
        Snapshot snapshot = Assert.Single(SnapshotList.Load(source).Snapshots);
        using (Repository pruned = both.Source.Open())
        {
            Snapstore.Garbage.Forgetter.Forget(pruned, snapshot.Id, PrunedRepository.Origin);
            Snapstore.Garbage.Pruner.Run(pruned, CopiedRepositories.PruneOptions, new Snapstore.Garbage.PruneProgress(), default);
        }

        Assert.Contains("forgotten", copier.Copy(snapshot).Problem, StringComparison.Ordinal);
        both.Target.AssertNoSnapshot();
    }

    private static void Reset(TestStorage storage, TestStorage before)
    {
        foreach (string name in storage.Names)
            storage.Remove(name);
        foreach (string name in before.Names)
            storage[name] = before[name];
    }
}
