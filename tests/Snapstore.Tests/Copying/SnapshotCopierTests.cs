using Snapstore.Copying;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Tests.Copying;

/// <summary>Snapshots sent from one repository to another.</summary>
public sealed class SnapshotCopierTests
{
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 2)]
    public void A_tree_of_all_kinds_comes_over_whole(bool sharesIds, int workers)
    {
        using CopiedRepositories both = new(sharesIds, workers);
        MakeTree(both);
        for (int i = 0; i < 3_000; i++)
            TestFiles.Write($"{both.Tree}/many{i}", $"{i}");
        both.Snapshot();
        TestFiles.Write(both["deep/er/more"], TestFiles.Bytes(1, 3_000_000));
        SessionId second = both.Snapshot(options => options with { Tags = ["b", "a"], TimeNanoseconds = 4_000_000_000_000_000_000 });

        IReadOnlyList<CopiedSnapshot> copied = both.Copy(options => options with { Verifies = true });

        Assert.All(copied, one => Assert.Equal(CopyOutcome.Copied, one.Outcome));
        Snapshot copy = both.AssertTargetIsWhole()[1];
        using Repository source = both.Source.Open();
        Manifest original = SnapshotList.Read(source, second).Manifest;
        Assert.Equal(new SnapshotOrigin(source.Id, second), copy.Manifest.Origin);
        Assert.Equal((original.TimeNanoseconds, original.Host, original.User), (copy.Manifest.TimeNanoseconds, copy.Manifest.Host, copy.Manifest.User));
        Assert.Equal(["a", "b"], copy.Tags);
        Assert.Equal(original.Paths, copy.Manifest.Paths);
        Assert.Equal(original.Counts.Files, copy.Manifest.Counts.Files);
        Assert.Equal(copied[0].Copy!.Id, copy.Manifest.Parent);
        Assert.Equal(copied[0].Copy!.Hash, copy.Manifest.ParentHash);
        Assert.Equal(2, copy.Manifest.Sequence);
        Assert.Equal(sharesIds, original.Root == copy.Manifest.Root);
        Assert.InRange(copied[1].Stored.DataBytes, 3_000_000, 3_100_000);
        Assert.InRange(copied[1].Stored.MetaBlobs, 1, 40);
    }

    [Fact]
    public void What_is_there_is_passed_over_also_copies_of_copies_and_copies_back()
    {
        using CopiedRepositories both = new();
        TestFiles.Write(both["file"], TestFiles.Bytes(1, 400_000));
        SessionId first = both.Snapshot();
        both.Copy();
        IReadOnlySet<string> objects = both.Target.Objects();

        Assert.Equal(CopyOutcome.Present, Assert.Single(both.Copy()).Outcome);
        Assert.Equal(objects, both.Target.Objects());

        TestRepository third = new() { Workers = 0 };
        using Repository source = both.Source.Open(), target = both.Target.Open(), last = third.Open();
        Assert.Equal(CopyOutcome.Copied, Assert.Single(CopiedRepositories.Copy(target, last, both.Options)).Outcome);
        Assert.Equal(new SnapshotOrigin(source.Id, first), Assert.Single(SnapshotList.Load(last).Snapshots).Manifest.Origin);
        Assert.Equal(CopyOutcome.Present, Assert.Single(CopiedRepositories.Copy(source, last, both.Options)).Outcome);
        Assert.Equal(CopyOutcome.Present, Assert.Single(CopiedRepositories.Copy(last, source, both.Options)).Outcome);
    }

    [Fact]
    public void A_repository_is_not_copied_into_itself()
    {
        using CopiedRepositories both = new();
        using Repository source = both.Source.Open(), again = both.Source.Open();
        Assert.Throws<UsageException>(() => CopiedRepositories.Copy(source, again, both.Options));
    }

    [Fact]
    public void A_second_copy_reads_only_what_is_new()
    {
        using CopiedRepositories both = new();
        for (int i = 0; i < 20; i++)
            TestFiles.Write(both[$"file{i}"], TestFiles.Bytes(i, 1_500_000));
        both.Snapshot();
        both.Copy();
        TestFiles.Write(both["new"], TestFiles.Bytes(99, 1_500_000));
        byte[] changed = [.. TestFiles.Bytes(3, 1_500_000)];
        changed[700_000] ^= 1;
        TestFiles.Write(both["file3"], changed);
        both.Snapshot();

        // In one segment with what is new there may be something else, and chunks around a change are cut anew.
        Assert.InRange(both.DataBytesRead(() => both.Copy()), 1_500_000, 4_500_000);
        Assert.Equal(2, both.AssertTargetIsWhole().Count);
    }

    [Fact]
    public void With_shared_ids_nothing_is_read_that_the_target_has_by_itself()
    {
        using CopiedRepositories both = new(sharesIds: true);
        TestFiles.Write(both["file"], TestFiles.Bytes(1, 5_000_000));
        both.Snapshot();
        both.Target.Backup(both.Tree);
        Assert.InRange(both.DataBytesRead(() => Assert.Equal(0, Assert.Single(both.Copy()).Stored.DataBlobs)), 0, 200_000);
        Assert.Equal(2, both.AssertTargetIsWhole().Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Deltas_stay_deltas_where_their_bases_are_there(bool sharesIds)
    {
        using CopiedRepositories both = new(sharesIds);
        SessionId[] snapshots = new SessionId[3];
        for (int round = 0; round < snapshots.Length; round++)
        {
            int seed = round;
            TestFiles.Write(both["table"], TableLines.Make(40_000, changedPerMille: 10, seed));
            snapshots[round] = both.Snapshot();
        }

        IReadOnlyList<CopiedSnapshot> copied = [.. both.Copy(only: snapshots[0]), .. both.Copy(only: snapshots[1]), .. both.Copy(only: snapshots[2])];

        Assert.Equal(0, copied[0].Stored.DeltaBlobs);
        Assert.All(copied.Skip(1), one => Assert.True(one.Stored.DeltaBlobs > one.Stored.DataBlobs * 9 / 10, $"{one.Stored.DeltaBlobs} of {one.Stored.DataBlobs} are deltas"));
        Assert.True(copied[2].Stored.StoredBytes < copied[0].Stored.StoredBytes / 10, $"{copied[2].Stored.StoredBytes} bytes stored");
        both.AssertTargetIsWhole();
    }

    [Fact]
    public void A_delta_whose_base_is_not_there_is_stored_plain()
    {
        using CopiedRepositories both = new();
        TestFiles.Write(both["table"], TableLines.Make(40_000));
        both.Snapshot();
        TestFiles.Write(both["table"], TableLines.Make(40_000, changedPerMille: 10, seed: 1));
        SessionId second = both.Snapshot();
        CopiedSnapshot copied = Assert.Single(both.Copy(only: second));
        Assert.Equal(0, copied.Stored.DeltaBlobs);
        Assert.Null(copied.Copy!.Manifest.Parent);
        Assert.Equal(1, copied.Copy.Manifest.Sequence);
        both.AssertTargetIsWhole();
    }

    [Theory]
    [InlineData(PackKind.Data)]
    [InlineData(PackKind.Meta)]
    public void A_snapshot_that_is_damaged_is_not_copied_and_the_others_are(PackKind kind)
    {
        using CopiedRepositories both = new();
        TestFiles.Write(both["old"], TestFiles.Bytes(1, 900_000));
        both.Snapshot();
        IReadOnlySet<string> before = both.Source.Objects();
        TestFiles.Write(both["new"], TestFiles.Bytes(2, 900_000));
        SessionId damaged = both.Snapshot();
        using (Repository source = both.Source.Open())
            both.SourceStorage.Remove(source.Index.Packs.Single(pack => pack.Kind == kind && !before.Contains(pack.Key.Name)).Key.Name);
        File.Delete(both["new"]);
        both.Snapshot();

        IReadOnlyList<CopiedSnapshot> copied = both.Copy();

        Assert.Equal([CopyOutcome.Copied, CopyOutcome.Failed, CopyOutcome.Copied], copied.Select(one => one.Outcome));
        Assert.Equal(damaged, copied[1].Source.Id);
        Assert.Contains(kind == PackKind.Data ? "new" : "blob", copied[1].Problem, StringComparison.Ordinal);
        Assert.Equal(2, both.AssertTargetIsWhole().Count);
    }

    [Fact]
    public void A_dry_run_writes_nothing_and_says_what_a_copy_then_stores()
    {
        using CopiedRepositories both = new();
        TestFiles.Write(both["file"], TestFiles.Bytes(1, 900_000));
        both.Snapshot();
        TestFiles.Write(both["other"], TestFiles.Bytes(2, 300_000));
        both.Snapshot();
        IReadOnlySet<string> objects = both.Target.Objects();
        IReadOnlyList<CopiedSnapshot> planned = both.Copy(options => options with { IsDryRun = true });
        Assert.Equal(objects, both.Target.Objects());
        IReadOnlyList<CopiedSnapshot> copied = both.Copy();
        Assert.Equal(copied.Select(one => (one.Stored.DataBytes, one.Stored.MetaBytes)), planned.Select(one => (one.Stored.DataBytes, one.Stored.MetaBytes)));
        Assert.All(planned, one => Assert.Equal(CopyOutcome.Planned, one.Outcome));
    }

    [Fact]
    public void What_does_not_read_back_makes_no_copy()
    {
        using CopiedRepositories both = new();
        TestFiles.Write(both["file"], TestFiles.Bytes(1, 900_000));
        both.Snapshot();
        both.TargetStorage.OnRead = (key, offset, bytes) => bytes[0] ^= (byte)(key.TryParsePack(out _, out _) && offset > 0 && bytes.Length > 500_000 ? 1 : 0);
        Assert.Equal(CopyOutcome.Failed, Assert.Single(both.Copy(options => options with { Verifies = true })).Outcome);
        both.Target.AssertNoSnapshot();

        // Not taken for good the second time either, though all is there now.
        Assert.Equal(CopyOutcome.Failed, Assert.Single(both.Copy(options => options with { Verifies = true })).Outcome);
        both.TargetStorage.OnRead = null;
        Assert.Equal(0, Assert.Single(both.Copy(options => options with { Verifies = true })).Stored.DataBlobs);
        both.AssertTargetIsWhole();
    }

    private static void MakeTree(CopiedRepositories both)
    {
        Directory.CreateDirectory(both["deep/er/empty"]);
        TestFiles.Write(both["deep/large"], TestFiles.Bytes(7, 4_000_000));
        TestFiles.Write(both["deep/er/none"], []);
        TestFiles.Write(both["deep/er/small"], "small");
        File.CreateSymbolicLink(both["deep/link"], "er/small");
        TestFiles.MakeFifo(both["deep/pipe"]);
        using FileStream sparse = File.Create(both["deep/sparse"]);
        sparse.SetLength(5_000_000);
        sparse.Position = 3_000_000;
        sparse.Write(TestFiles.Bytes(8, 100_000));
    }
}
