using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repair;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Copying;

namespace Snapstore.Tests.Repair;

/// <summary>What a repository lost comes back from one with other keys that holds copies.</summary>
public sealed class CopyFetchTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void All_packs_of_data_lost_come_back_from_copies_and_to_copies(bool sharesIds, bool isCopyMended)
    {
        using CopiedRepositories both = new(sharesIds);
        Fill(both);
        SessionId first = both.Snapshot();
        TestFiles.Write(both["large"], TestFiles.Bytes(9, 2_500_000));
        SessionId second = both.Snapshot();
        both.Copy();
        (TestRepository damaged, TestStorage storage, TestRepository other) = isCopyMended
            ? (both.Target, both.TargetStorage, both.Source)
            : (both.Source, both.SourceStorage, both.Target);
        SortedDictionary<string, string>[] before = ReadAll(damaged);
        RemovePacks(damaged, storage, PackKind.Data);

        CopyFetchReport planned = Fetch(damaged, other, dryRun: true), report = Fetch(damaged, other);

        Assert.Equal(2, report.Snapshots.Count);
        Assert.All(report.Snapshots, one => Assert.True(one.IsWhole));
        Assert.Contains("/large", string.Join('\n', report.Snapshots[0].Mended), StringComparison.Ordinal);
        Assert.Equal((report.Blobs, report.Bytes), (planned.Blobs, planned.Bytes));
        Assert.True(report.Bytes > 4_000_000);
        AssertWhole(damaged, before);
        Assert.Empty(Fetch(damaged, other).Snapshots);
        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Trees_and_chunk_lists_come_back_as_they_were(bool sharesIds)
    {
        using CopiedRepositories both = new(sharesIds);
        Fill(both);
        both.Snapshot();
        both.Copy();
        SortedDictionary<string, string>[] before = ReadAll(both.Source);
        RemovePacks(both.Source, both.SourceStorage, PackKind.Meta);
        CopyFetchReport report = Fetch(both.Source, both.Target);
        Assert.True(Assert.Single(report.Snapshots).IsWhole);
        Assert.Equal(["/"], report.Snapshots[0].Mended);
        AssertWhole(both.Source, before);
    }

    [Fact]
    public void Everything_lost_but_the_manifests_comes_back()
    {
        using CopiedRepositories both = new();
        Fill(both);
        both.Snapshot();
        both.Copy();
        SortedDictionary<string, string>[] before = ReadAll(both.Source);
        RemovePacks(both.Source, both.SourceStorage, PackKind.Meta);
        RemovePacks(both.Source, both.SourceStorage, PackKind.Data);
        Assert.True(Assert.Single(Fetch(both.Source, both.Target).Snapshots).IsWhole);
        AssertWhole(both.Source, before);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_lost_list_of_one_file_comes_back_beside_trees_that_are_whole(bool sharesIds)
    {
        // The list is in the first snapshot's pack, every tree of the second in its own. It is too short to be split by any key.
        using CopiedRepositories both = new(sharesIds);
        TestFiles.Write(both["large"], TestFiles.Bytes(1, 1_400_000));
        SessionId first = both.Snapshot();
        string[] packs = Packs(both.Source, PackKind.Meta);
        TestFiles.Write(both["new"], TestFiles.Bytes(2, 5_000));
        SessionId second = both.Snapshot();
        both.Copy(only: second);
        SortedDictionary<string, string>[] contents = ReadAll(both.Source);
        foreach (string pack in packs)
            both.SourceStorage.Remove(pack);
        CopyFetchReport report = Fetch(both.Source, both.Target);
        Assert.Equal([first, second], report.Snapshots.Select(one => one.Snapshot.Id));
        Assert.EndsWith("/tree/large", Assert.Single(report.Snapshots[1].Mended), StringComparison.Ordinal);
        Assert.Equal(1, report.Blobs);
        Assert.Contains("the copy holds something else there", Assert.Single(report.Snapshots[0].Lost), StringComparison.Ordinal);
        using Repository repository = both.Source.Open();
        Assert.Equal(contents[1], SnapshotContents.ReadAll(repository, second));
    }

    [Fact]
    public void Snapshots_that_were_never_copied_get_what_the_nearest_has_and_say_what_is_missing()
    {
        using CopiedRepositories both = new();
        TestFiles.Write(both["same"], TestFiles.Bytes(1, 900_000));
        TestFiles.Write(both["changed"], TestFiles.Bytes(2, 900_000));
        SessionId first = both.Snapshot();
        TestFiles.Write(both["changed"], TestFiles.Bytes(3, 900_000));
        TestFiles.Write(both["new"], TestFiles.Bytes(4, 300_000));
        SessionId second = both.Snapshot();
        both.Copy(only: second);
        RemovePacks(both.Source, both.SourceStorage, PackKind.Data);

        CopyFetchReport report = Fetch(both.Source, both.Target);

        Assert.Equal([first, second], report.Snapshots.Select(one => one.Snapshot.Id));
        Assert.Equal([false, true], report.Snapshots.Select(one => one.IsWhole));
        Assert.Contains("changed: content is lost; the copy has other bytes there", Assert.Single(report.Snapshots[0].Lost), StringComparison.Ordinal);
        using Repository repository = both.Source.Open();
        Assert.NotEmpty(SnapshotContents.ReadAll(repository, second));
    }

    [Fact]
    public void What_the_copy_has_lost_too_is_named_and_the_rest_comes_back()
    {
        using CopiedRepositories both = new();
        TestFiles.Write(both["one"], TestFiles.Bytes(1, 900_000));
        both.Snapshot();
        both.Copy();
        IReadOnlySet<string> before = both.Target.Objects();
        TestFiles.Write(both["two"], TestFiles.Bytes(2, 900_000));
        both.Snapshot();
        both.Copy();
        foreach (string pack in Packs(both.Target, PackKind.Data).Where(name => !before.Contains(name)))
            both.TargetStorage.Remove(pack);
        RemovePacks(both.Source, both.SourceStorage, PackKind.Data);
        CopyFetchReport report = Fetch(both.Source, both.Target);
        Assert.Equal([true, false], report.Snapshots.Select(one => one.IsWhole));
        Assert.Contains("two: content is lost; the copy cannot give it", Assert.Single(report.Snapshots[1].Lost), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_bytes_at_the_same_place_are_never_stored()
    {
        using CopiedRepositories both = new();
        TestFiles.Write(both["file"], TestFiles.Bytes(1, 900_000));
        both.Snapshot();
        TestFiles.Write(both["file"], TestFiles.Bytes(2, 900_000));
        both.Target.Backup(both.Tree);
        RemovePacks(both.Source, both.SourceStorage, PackKind.Data);
        RemovePacks(both.Source, both.SourceStorage, PackKind.Meta);
        CopyFetchReport report = Fetch(both.Source, both.Target);
        Assert.False(Assert.Single(report.Snapshots).IsWhole);
        Assert.Equal(0, report.Blobs);
        Assert.Empty(Packs(both.Source, PackKind.Data));
        Assert.Empty(Packs(both.Source, PackKind.Meta));
    }

    [Fact]
    public void The_same_content_in_other_chunks_does()
    {
        // The other repository took it by itself: its cuts are others.
        using CopiedRepositories both = new();
        using (FileStream sparse = File.Create(both["sparse"]))
        {
            sparse.SetLength(5_000_000);
            sparse.Position = 2_000_000;
            sparse.Write(TestFiles.Bytes(8, 700_000));
        }

        TestFiles.Write(both["file"], TestFiles.Bytes(1, 3_000_000));
        both.Snapshot();
        both.Target.Backup(both.Tree);
        SortedDictionary<string, string>[] before = ReadAll(both.Source);
        RemovePacks(both.Source, both.SourceStorage, PackKind.Data);
        Assert.True(Assert.Single(Fetch(both.Source, both.Target).Snapshots).IsWhole);
        AssertWhole(both.Source, before);
    }

    [Fact]
    public void Deltas_come_back_too()
    {
        using CopiedRepositories both = new();
        for (int round = 0; round < 3; round++)
        {
            TestFiles.Write(both["table"], TableLines.Make(40_000, changedPerMille: 10, seed: round));
            both.Snapshot();
        }

        both.Copy();
        SortedDictionary<string, string>[] before = ReadAll(both.Source);
        both.SourceStorage.Remove(Packs(both.Source, PackKind.Data)[0]);
        Assert.All(Fetch(both.Source, both.Target).Snapshots, one => Assert.True(one.IsWhole));
        AssertWhole(both.Source, before);
    }

    [Fact]
    public void A_repair_may_die_at_any_call_and_the_next_goes_on()
    {
        using CopiedRepositories both = new();
        TestFiles.Write(both["file"], TestFiles.Bytes(1, 700_000));
        both.Snapshot();
        both.Copy();
        SortedDictionary<string, string>[] before = ReadAll(both.Source);
        RemovePacks(both.Source, both.SourceStorage, PackKind.Data);
        TestStorage damaged = both.SourceStorage.Copy();
        for (int calls = 0; ; calls++)
        {
            foreach (string name in both.SourceStorage.Names)
                both.SourceStorage.Remove(name);
            foreach (string name in damaged.Names)
                both.SourceStorage[name] = damaged[name];
            FailingStorage? failing = null;
            try
            {
                Fetch(both.Source, both.Target, wrap: storage => failing = new FailingStorage(storage, calls));
            }
            catch (StorageException)
            {
            }

            Fetch(both.Source, both.Target);
            AssertWhole(both.Source, before);
            if (!failing!.HasFailed)
                return;
        }
    }

    private static void Fill(CopiedRepositories both)
    {
        Directory.CreateDirectory(both["deep/er"]);
        Directory.CreateDirectory(both["many"]);
        TestFiles.Write(both["large"], TestFiles.Bytes(1, 3_000_000));
        TestFiles.Write(both["deep/er/small"], TestFiles.Bytes(2, 5_000));
        TestFiles.Write(both["deep/inline"], "inline");
        for (int i = 0; i < 1_500; i++)
            TestFiles.Write(both[$"many/{i}"], TestFiles.Bytes(i, 300));
    }

    private static CopyFetchReport Fetch(TestRepository damaged, TestRepository other, bool dryRun = false, Func<IStorage, IStorage>? wrap = null)
    {
        using Repository repository = damaged.OpenOn(wrap ?? (storage => storage)), copy = other.Open();
        return CopyFetch.Run(repository, copy, new HashSet<StorageKey>(), CopiedRepositories.PruneOptions with { IsDryRun = dryRun }, default);
    }

    private static string[] Packs(TestRepository of, PackKind kind)
    {
        using Repository repository = of.Open();
        return [.. repository.Index.Packs.Where(pack => pack.Kind == kind).OrderByDescending(pack => pack.Size).Select(pack => pack.Key.Name)];
    }

    private static void RemovePacks(TestRepository of, TestStorage storage, PackKind kind)
    {
        foreach (string pack in Packs(of, kind))
            storage.Remove(pack);
    }

    private static SortedDictionary<string, string>[] ReadAll(TestRepository of)
    {
        using Repository repository = of.Open();
        return [.. SnapshotList.Load(repository).Snapshots.Select(snapshot => SnapshotContents.ReadAll(repository, snapshot.Id))];
    }

    private static void AssertWhole(TestRepository of, SortedDictionary<string, string>[] before)
    {
        Assert.Equal(before, ReadAll(of));
        using Repository repository = of.Open();
        CheckReport report = Checker.Run(repository, new CheckOptions { ReadData = ReadDataSelection.All, Workers = 0 }, new CheckProgress(), default);
        Assert.DoesNotContain(report.Findings, finding => finding.Kind != FindingKind.Note && !finding.Message.Contains("index", StringComparison.Ordinal));
    }
}
