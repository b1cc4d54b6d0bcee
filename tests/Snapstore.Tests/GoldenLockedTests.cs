using System.Text;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests;

/// <summary>The mirror of a repository of format 1 whose objects were locked for 30 days (spec/object-lock.md): it reads anywhere, and is
/// written only where objects can be locked. It is never changed to let these tests pass.</summary>
public sealed class GoldenLockedTests : IDisposable
{
    private readonly Repository _repository = Open();

    private static string Golden => Checkout.PathOf("tests", "golden", "v1-locked");

    public void Dispose() => _repository.Dispose();

    [Fact]
    public void It_says_how_it_locks_and_reads_where_nothing_can()
    {
        Assert.Equal("compliance:30", _repository.Config.ObjectLock);
        Assert.Equal([RepositoryConfig.ObjectLockFeature], _repository.Config.RequiredToWrite);
        Assert.Empty(_repository.Config.RequiredToRead);
        SnapshotList list = SnapshotList.Load(_repository);
        Assert.Equal([["first"], ["second"]], list.Snapshots.Select(snapshot => snapshot.Tags));
        Assert.Equal(["and so is this\n", "locked for thirty days\n"], Contents(list.Snapshots[1]));
        Assert.Empty(Checker.Run(_repository, new CheckOptions { ReadData = ReadDataSelection.All, Workers = 0 }, new CheckProgress(), default).Findings);
    }

    [Fact]
    public void Nothing_is_written_where_it_could_not_be_locked()
    {
        RecordOrigin origin = new("host", "user", "test", 0);
        SessionId snapshot = SnapshotList.Load(_repository).Snapshots[0].Id;
        UnsupportedException refused = Assert.Throws<UnsupportedException>(() => Forgetter.Forget(_repository, snapshot, origin));
        Assert.Contains("cannot", refused.Message, StringComparison.Ordinal);
        Assert.Throws<UnsupportedException>(() => Pruner.Run(_repository, new PruneOptions { Origin = origin }, new PruneProgress(), default));
    }

    // Of files so small that they stand in their directory's node.
    private string[] Contents(Snapshot snapshot)
    {
        using TreeReader trees = new(_repository);
        List<string> contents = [];
        Stack<BlobId> pending = new([snapshot.Manifest.Root]);
        while (pending.TryPop(out BlobId directory))
        {
            foreach (TreeEntry entry in trees.Entries(directory, "the snapshot"))
            {
                if (entry.Kind == EntryKind.Directory)
                    pending.Push(entry.Tree);
                else
                    contents.Add(Encoding.UTF8.GetString(entry.Content.Inline!));
            }
        }

        return [.. contents.Order(StringComparer.Ordinal)];
    }

    private static Repository Open()
    {
        // No secret: it stands in tests/golden.
        using SlotSecret secret = SlotSecret.OfKeyFile(File.ReadAllText(Path.Combine(Golden, "key-file.txt")));
        return RepositoryOpener.Open(LocalStorage.Open(Path.Combine(Golden, "repository")), secret);
    }
}
