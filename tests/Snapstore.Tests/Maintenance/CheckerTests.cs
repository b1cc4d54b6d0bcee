using System.Text;
using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Maintenance;

/// <summary>What a check says of a healthy repository, of lost packs and of storages that err.</summary>
public sealed class CheckerTests : IDisposable
{
    private readonly SmallCorpus _corpus = new();

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_healthy_repository_has_no_findings(int workers)
    {
        CheckReport report = _corpus.Check(_corpus.Builder.Storage, ReadDataSelection.All, workers);
        Finding session = Assert.Single(report.Findings);
        Assert.Equal(FindingKind.Note, session.Kind);
        Assert.StartsWith("sessions/", session.Object, StringComparison.Ordinal);
        Assert.False(report.HasDamage || report.HasStorageErrors);
        Assert.Equal(2, report.Snapshots);
        Assert.Equal(0, report.SnapshotsAffected);
        Assert.Equal(report.Packs, report.PacksRead);
        // Where nodes end depends on the keys, which are new in every run.
        Assert.True(report.Nodes >= 4, $"{report.Nodes} nodes");
    }

    [Fact]
    public void Without_index_objects_all_is_readable_and_only_noted()
    {
        TestStorage storage = _corpus.Builder.Test.Copy();
        foreach (string name in storage.Names.Where(n => n.StartsWith(StorageKey.IndexPrefix, StringComparison.Ordinal)))
            storage.Remove(name);
        CheckReport report = _corpus.Check(storage, ReadDataSelection.All);
        Assert.False(report.HasDamage);
        Assert.Contains(report.Findings, f => f.Object == StorageKey.PacksPrefix);
        Assert.Equivalent(_corpus.Contents(_corpus.Builder.Storage), _corpus.Contents(storage));
    }

    [Fact]
    public void A_lost_data_pack_names_the_snapshots_and_files_that_need_it()
    {
        TestStorage storage = _corpus.Builder.Test.Copy();
        string lost = Pack(storage, _corpus.First, PackKind.Data);
        storage.Remove(lost);
        CheckReport report = _corpus.Check(storage);
        Finding finding = Assert.Single(report.Findings, f => f.Kind == FindingKind.Damage);
        Assert.Equal(lost, finding.Object);
        Assert.Equal(["/long", "/short", "/sparse"], Paths(finding, _corpus.First));
        Assert.Equal(["/short"], Paths(finding, _corpus.Second));
        Assert.Equal(2, report.SnapshotsAffected);
    }

    [Fact]
    public void A_lost_meta_pack_names_the_directory_it_takes_away()
    {
        TestStorage storage = _corpus.Builder.Test.Copy();
        storage.Remove(Pack(storage, _corpus.First, PackKind.Meta));
        CheckReport report = _corpus.Check(storage);
        Finding finding = Assert.Single(report.Findings, f => f.Kind == FindingKind.Damage);
        Assert.Equal(["/"], Paths(finding, _corpus.First));
        Assert.Equal(["/many/"], Paths(finding, _corpus.Second));
    }

    [Fact]
    public void A_lost_pack_that_no_snapshot_needs_is_a_note()
    {
        TestStorage storage = _corpus.Builder.Test.Copy();
        storage.Remove(StorageKey.Snapshot(_corpus.Second).Name);
        string lost = Pack(storage, _corpus.Second, PackKind.Data);
        storage.Remove(lost);
        CheckReport report = _corpus.Check(storage, ReadDataSelection.All);
        Assert.False(report.HasDamage);
        Assert.Contains(report.Findings, f => f.Object == lost && f.Kind == FindingKind.Note);
    }

    [Fact]
    public void Damaged_data_is_seen_only_where_data_is_read_and_then_named_by_file()
    {
        TestStorage storage = _corpus.Builder.Test.Copy();
        string pack = Pack(storage, _corpus.Second, PackKind.Data);
        byte[] bytes = [.. storage[pack]];
        bytes[40] ^= 1;
        storage[pack] = bytes;
        Assert.False(_corpus.Check(storage).HasDamage);
        CheckReport report = _corpus.Check(storage, ReadDataSelection.All);
        Finding finding = Assert.Single(report.Findings, f => f.Kind == FindingKind.Damage);
        Assert.Equal(pack, finding.Object);
        Assert.Equal(["/below/new"], Paths(finding, _corpus.Second));
        Assert.Single(finding.Affected);
    }

    [Fact]
    public void A_storage_that_errs_is_no_damage()
    {
        TestStorage storage = _corpus.Builder.Test.Copy();
        using Repository repository = _corpus.Builder.OpenOn(storage);
        string pack = Pack(storage, _corpus.First, PackKind.Meta);
        storage.OnRead = (key, _, _) =>
        {
            if (key.Name == pack)
                throw new StorageException("the cable is out") { IsTransient = true };
        };
        CheckReport report = SmallCorpus.Check(repository, ReadDataSelection.All);
        Assert.False(report.HasDamage);
        Assert.True(report.HasStorageErrors);
        Finding finding = Assert.Single(report.Findings, f => f.Kind == FindingKind.StorageError);
        Assert.Equal(["/"], Paths(finding, _corpus.First));
    }

    [Fact]
    public void What_is_read_wrongly_once_is_read_again_and_noted()
    {
        TestStorage storage = _corpus.Builder.Test.Copy();
        using Repository repository = _corpus.Builder.OpenOn(storage);
        string pack = Pack(storage, _corpus.First, PackKind.Data);
        int wrong = 1;
        storage.OnRead = (key, offset, read) =>
        {
            if (key.Name == pack && offset == 16 && wrong-- > 0)
                read[100] ^= 4;
        };
        CheckReport report = SmallCorpus.Check(repository, ReadDataSelection.All);
        Assert.False(report.HasDamage);
        Assert.Contains(report.Findings, f => f.Object == pack && f.Kind == FindingKind.Note);
    }

    [Fact]
    public void Notes_foreign_objects_and_a_hole_in_the_chain()
    {
        TestStorage storage = _corpus.Builder.Test.Copy();
        storage["packs/readme.txt"] = [1];
        storage["gc/readme.txt"] = [1];
        storage.Remove(StorageKey.Snapshot(_corpus.First).Name);
        CheckReport report = _corpus.Check(storage);
        Assert.False(report.HasDamage);
        Assert.Contains(report.Findings, f => f.Object == "packs/readme.txt");
        Assert.Contains(report.Findings, f => f.Object == "gc/readme.txt");
        Assert.Contains(report.Findings, f => f.Object == StorageKey.Snapshot(_corpus.Second).Name);
    }

    [Fact]
    public void A_check_that_is_cancelled_stops()
    {
        using Repository repository = _corpus.Builder.OpenOn(_corpus.Builder.Storage);
        Assert.Throws<OperationCanceledException>(() =>
            Checker.Run(repository, new CheckOptions { ReadData = ReadDataSelection.All }, new CheckProgress(), new CancellationToken(canceled: true)));
    }

    public void Dispose() => _corpus.Dispose();

    private static string Pack(TestStorage storage, SessionId session, PackKind kind) => Assert.Single(
        storage.Names, n => n.StartsWith(StorageKey.PacksPrefix, StringComparison.Ordinal)
            && n.Contains(session.ToString(), StringComparison.Ordinal) && storage[n][9] == (byte)kind);

    private static string[] Paths(Finding finding, SessionId snapshot) =>
        [.. Assert.Single(finding.Affected, a => a.Snapshot == snapshot).Paths.Select(Encoding.UTF8.GetString).Order(StringComparer.Ordinal)];
}
