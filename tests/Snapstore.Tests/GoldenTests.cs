using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests;

/// <summary>Repositories that earlier programs wrote (tools/new-golden), read by this one: all of every snapshot, and as
/// lstat and SHA-256 saw it then. A golden repository is never changed to let these tests pass.</summary>
public sealed class GoldenTests
{
    private static string Golden => Checkout.PathOf("tests", "golden", "v1");

    public static TheoryData<string> Secrets => ["password", "key file"];

    [Theory]
    [MemberData(nameof(Secrets))]
    public void Format_1_opens_and_every_file_reads_as_it_was(string secretName)
    {
        using SlotSecret secret = Secret(secretName);
        using Repository repository = RepositoryOpener.Open(LocalStorage.Open(Path.Combine(Golden, "repository")), secret);
        Assert.Equal(secretName, repository.Slot.Label(repository.Keys, repository.Id).Name);
        SnapshotList list = SnapshotList.Load(repository);
        Assert.Empty(list.Problems);
        using Reading reading = new(repository);
        Assert.Equal(File.ReadLines(Path.Combine(Golden, "expected.txt")), list.Snapshots.SelectMany(reading.Lines));
    }

    [Fact]
    public void It_holds_every_kind_of_content_and_the_chain_of_its_snapshots()
    {
        using SlotSecret secret = Secret("key file");
        using Repository repository = RepositoryOpener.Open(LocalStorage.Open(Path.Combine(Golden, "repository")), secret);
        Snapshot[] snapshots = [.. SnapshotList.Load(repository).Snapshots];
        Assert.Equal([["first"], ["second"], ["third"]], snapshots.Select(snapshot => snapshot.Tags));
        Assert.Equal(snapshots[0].Id, snapshots[1].Manifest.Parent);
        Assert.Equal(snapshots[0].Hash, snapshots[1].Manifest.ParentHash);
        Assert.Equal(2, snapshots[1].Manifest.Sequence);
        Assert.All(snapshots, snapshot => Assert.Equal("golden", snapshot.Manifest.Host));

        using TreeReader trees = new(repository);
        TreeEntry content = Find(trees, snapshots[0], "content");
        Assert.NotNull(trees.Find(content.Tree, "inline"u8, "test")!.Content.Inline);
        Assert.NotNull(trees.Find(content.Tree, "chunk-list"u8, "test")!.Content.List);
        Assert.Contains(trees.Find(content.Tree, "sparse"u8, "test")!.Content.Items!, static item => item.IsHole);
        TreeEntry linked = trees.Find(Find(trees, snapshots[0], "kinds").Tree, "hard-link"u8, "test")!;
        Assert.Equal(2UL, linked.LinkCount);
        Assert.Equal("user.snapstore"u8, Assert.Single(linked.Attributes).Name);
        Assert.Equal([0, .. "value"u8, 0xff], linked.Attributes[0].Value);
        using BlobReader blobs = new(repository);
        Assert.True(TreeNode.Decode(blobs.Read(Find(trees, snapshots[0], "many").Tree, "many"), "many").Height > 0);
    }

    private static TreeEntry Find(TreeReader trees, Snapshot snapshot, string name)
    {
        TreeEntry? entry = null;
        foreach (string part in (string[])["tmp", "snapstore-golden", name])
            entry = trees.Find(entry?.Tree ?? snapshot.Manifest.Root, Encoding.UTF8.GetBytes(part), "test")!;
        return entry!;
    }

    // The golden password is no secret: it stands in tests/golden/v1/password.txt and is "golden".
    private static SlotSecret Secret(string name) => name == "password"
        ? SlotSecret.OfPassword("golden"u8)
        : SlotSecret.OfKeyFile(File.ReadAllText(Path.Combine(Golden, "key-file.txt")));

    /// <summary>One snapshot as lines of expected.txt: kind mode owner mtime size content path.</summary>
    private sealed class Reading(Repository repository) : IDisposable
    {
        private readonly TreeReader _trees = new(repository);
        private readonly BlobReader _blobs = new(repository);

        public void Dispose()
        {
            _trees.Dispose();
            _blobs.Dispose();
        }

        public IEnumerable<string> Lines(Snapshot snapshot)
        {
            bool isStream = snapshot.Manifest.Source == SourceKind.Stream;
            yield return $"snapshot {(isStream ? "stream" : "files")} {string.Join(',', snapshot.Tags)}";
            byte[] top = isStream ? [] : Assert.Single(snapshot.Manifest.Paths);
            foreach ((byte[] path, TreeEntry entry) in Walk(snapshot.Manifest.Root, []))
            {
                // The directories above what was captured are not part of the listing.
                if (path.AsSpan().StartsWith(top))
                    yield return Line(path, entry, isStream);
            }
        }

        private IEnumerable<(byte[] Path, TreeEntry Entry)> Walk(BlobId tree, byte[] above)
        {
            foreach (TreeEntry entry in _trees.Entries(tree, "golden"))
            {
                byte[] path = [.. above, (byte)'/', .. entry.Name];
                yield return (path, entry);
                if (entry.Kind != EntryKind.Directory)
                    continue;
                foreach ((byte[], TreeEntry) below in Walk(entry.Tree, path))
                    yield return below;
            }
        }

        private string Line(byte[] path, TreeEntry entry, bool isStream)
        {
            string size = entry.Kind == EntryKind.File ? entry.Size.ToString(CultureInfo.InvariantCulture) : "-";
            long nanoseconds = (entry.Mtime.Seconds * 1_000_000_000) + entry.Mtime.Nanoseconds;
            string content = entry.Kind switch
            {
                EntryKind.File => HashOf(entry),
                EntryKind.Symlink => Escaped(entry.Target),
                EntryKind.CharacterDevice => string.Create(CultureInfo.InvariantCulture, $"{entry.Rdev.Major}:{entry.Rdev.Minor}"),
                _ => "-",
            };
            string facts = isStream
                ? "* * *"
                : string.Create(CultureInfo.InvariantCulture, $"{Convert.ToString(entry.Mode, 8).PadLeft(4, '0')} {entry.Owner.Uid}:{entry.Owner.Gid} {nanoseconds}");
            return $"{KindName(entry.Kind)} {facts} {size} {content} {Escaped(path)}";
        }

        private static string KindName(EntryKind kind) => kind switch
        {
            EntryKind.File => "file",
            EntryKind.Directory => "directory",
            EntryKind.Symlink => "symlink",
            EntryKind.Fifo => "fifo",
            EntryKind.CharacterDevice => "character",
            _ => throw new InvalidOperationException($"no golden entry is of kind {kind}"),
        };

        private string HashOf(TreeEntry entry)
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(entry.Content.Inline ?? []);
            foreach (ContentItem item in _trees.Items(entry.Content, entry.Size, "golden"))
                hash.AppendData(item.IsHole ? new byte[item.Length] : _blobs.Read(item.Id, "golden"));
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        // As Python's quote_from_bytes: letters, digits and "_.-~/" stand for themselves.
        private static string Escaped(byte[] bytes) => string.Concat(bytes.Select(static value =>
            char.IsAsciiLetterOrDigit((char)value) || "_.-~/".Contains((char)value, StringComparison.Ordinal)
                ? ((char)value).ToString()
                : string.Create(CultureInfo.InvariantCulture, $"%{value:X2}")));
    }
}
