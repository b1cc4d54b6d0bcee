using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Snapstore.Browse;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Restore;
using Snapstore.Storage;

namespace Snapstore.Tests;

/// <summary>The repository of format 1 that holds deltas, a database and a split stream (tools/new-golden 1-deltas), read by this program
/// in every way there is: what comes out is what SHA-256 saw then. It is never changed to let these tests pass.</summary>
public sealed class GoldenDeltaTests
{
    private static string Golden => Checkout.PathOf("tests", "golden", "v1-deltas");

    public static TheoryData<string> Ways => ["blobs", "restore", "browse", "export"];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Every_file_of_every_round_reads_as_it_was(string way)
    {
        using Repository repository = Open("key file");
        Snapshot[] snapshots = [.. SnapshotList.Load(repository).Snapshots];
        Expected[] expected = [.. ReadExpected()];
        Assert.Equal(9, snapshots.Length);
        Assert.Equal(15, expected.Length);
        foreach (IGrouping<(string Kind, string Tag), Expected> one in expected.GroupBy(file => (file.Kind, file.Tag)))
        {
            Snapshot snapshot = Assert.Single(snapshots, found => KindOf(found) == one.Key.Kind && found.Tags.SequenceEqual([one.Key.Tag]));
            Assert.Equal(one.Select(Line).Order(StringComparer.Ordinal), Read(repository, snapshot, way, [.. one]).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void A_check_that_reads_everything_finds_nothing()
    {
        using Repository repository = Open("password");
        CheckReport report = Checker.Run(repository, new CheckOptions { ReadData = ReadDataSelection.All, Workers = 0 }, new CheckProgress(), default);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public void It_holds_deltas_of_bases_of_the_first_round_and_says_so()
    {
        using Repository repository = Open("key file");
        Snapshot[] snapshots = [.. SnapshotList.Load(repository).Snapshots];
        Assert.InRange(repository.Index.DeltaCount, 15, 60);
        Assert.All(repository.Index.Deltas(), delta => Assert.True(repository.Index.ContainsPlain(delta.Base)));
        Assert.All(snapshots, snapshot => Assert.Equal(snapshot.Tags[0] != "first", snapshot.Manifest.Counts.DeltaBlobsNew > 0));
        Assert.Equal(repository.Index.DeltaCount, snapshots.Sum(snapshot => snapshot.Manifest.Counts.DeltaBlobsNew));
        Assert.All(snapshots.Where(snapshot => KindOf(snapshot) == "database"), static snapshot =>
        {
            DatabaseFacts facts = snapshot.Manifest.Database!;
            Assert.Equal(("SQLite", 1, 4000), (facts.Engine, facts.Tables, facts.Rows));
        });
    }

    private static Repository Open(string secretName)
    {
        // No secrets: they stand in tests/golden.
        using SlotSecret secret = secretName == "password"
            ? SlotSecret.OfPassword("golden"u8)
            : SlotSecret.OfKeyFile(File.ReadAllText(Path.Combine(Golden, "key-file.txt")));
        return RepositoryOpener.Open(LocalStorage.Open(Path.Combine(Golden, "repository")), secret);
    }

    private static IEnumerable<Expected> ReadExpected()
    {
        string[] snapshot = [];
        foreach (string line in File.ReadLines(Path.Combine(Golden, "expected.txt")))
        {
            string[] words = line.Split(' ');
            if (words[0] == "snapshot")
                snapshot = words;
            else
                yield return new Expected(snapshot[1], snapshot[2], long.Parse(words[0], CultureInfo.InvariantCulture), words[1], words[2]);
        }
    }

    private static string KindOf(Snapshot snapshot) => snapshot.Manifest.Source switch
    {
        SourceKind.Files => "files",
        SourceKind.Database => "database",
        _ => "stream",
    };

    private static string Line(Expected file) => $"{file.Path} {file.Size} {file.Hash}";

    private static string Line(string path, byte[] content) => $"{path} {content.Length} {Convert.ToHexStringLower(SHA256.HashData(content))}";

    private static List<string> Read(Repository repository, Snapshot snapshot, string way, Expected[] files)
    {
        using TestDirectory place = new();
        return way switch
        {
            "blobs" => [.. files.Select(file => Line(file.Path, ReadBlobs(repository, snapshot, file.Path)))],
            "browse" => [.. files.Select(file => Line(file.Path, Browse(repository, snapshot, file.Path)))],
            "restore" => Restore(repository, snapshot, place["restored"], files),
            _ => Export(repository, snapshot, files),
        };
    }

    private static byte[] ReadBlobs(Repository repository, Snapshot snapshot, string path)
    {
        using TreeReader trees = new(repository);
        using BlobReader blobs = new(repository);
        TreeEntry file = PathFinder.Find(trees, new SnapshotPath(snapshot, Encoding.UTF8.GetBytes(path)));
        MemoryStream content = new();
        content.Write(file.Content.Inline ?? []);
        foreach (ContentItem item in trees.Items(file.Content, file.Size, path))
            content.Write(blobs.Read(item.Id, path));
        return content.ToArray();
    }

    private static byte[] Browse(Repository repository, Snapshot snapshot, string path)
    {
        using SnapshotFiles files = new(repository, new SnapshotPath(snapshot, []), workers: 1);
        return files.ReadAll(path.TrimStart('/'));
    }

    private static List<string> Restore(Repository repository, Snapshot snapshot, string target, Expected[] files)
    {
        RestoreOptions options = new() { Target = Encoding.UTF8.GetBytes(target), Workers = 2, Verify = true };
        RestoreReport report = FileRestore.Run(repository, new SnapshotPath(snapshot, []), options, new RunProgress(), default);
        Assert.Empty(report.Damage);
        return [.. files.Select(file => Line(file.Path, File.ReadAllBytes(target + file.Path)))];
    }

    private static List<string> Export(Repository repository, Snapshot snapshot, Expected[] files)
    {
        MemoryStream archive = new();
        TarExport.Run(repository, new SnapshotPath(snapshot, []), archive, new ExportOptions { Warn = Assert.Fail }, default);
        archive.Position = 0;
        using System.Formats.Tar.TarReader tar = new(archive);
        List<string> lines = [];
        while (tar.GetNextEntry() is { } entry)
        {
            string path = "/" + entry.Name.TrimStart('.', '/');
            if (!files.Any(file => file.Path == path))
                continue;
            MemoryStream content = new();
            entry.DataStream!.CopyTo(content);
            lines.Add(Line(path, content.ToArray()));
        }

        return lines;
    }

    /// <summary>A file that a snapshot holds.</summary>
    private sealed record Expected(string Kind, string Tag, long Size, string Hash, string Path);
}
