using System.Text;
using Snapstore.Formats;

namespace Snapstore.Tests.Browse;

/// <summary>A tree to be put into a repository: an entry without ids, its children and its content.</summary>
internal sealed record TestTree(TreeEntry Entry, TestTree[] Children, ContentPart[] Parts)
{
    private static readonly EntryOwner Owner = new(0, 0, "root", "root");

    public static TestTree Directory(string name, params TestTree[] children) => new(EntryOf(name, EntryKind.Directory, 0x1ed), children, []);

    public static TestTree File(string name, string text) => File(name, new ContentPart(Encoding.UTF8.GetBytes(text)));

    public static TestTree File(string name, params ContentPart[] parts)
    {
        TreeEntry entry = EntryOf(name, EntryKind.File, 0x1a4) with { Size = parts.Sum(part => part.Length) };
        return new TestTree(entry, [], parts);
    }

    public static TestTree Symlink(string name, string target) =>
        new(EntryOf(name, EntryKind.Symlink, 0x1ff) with { Target = Encoding.UTF8.GetBytes(target) }, [], []);

    public static TestTree Other(string name, EntryKind kind, uint major = 0, uint minor = 0) =>
        new(EntryOf(name, kind, 0x1a4) with { Rdev = (major, minor) }, [], []);

    /// <summary>The same with other metadata.</summary>
    public TestTree With(Func<TreeEntry, TreeEntry> change) => this with { Entry = change(Entry) };

    /// <summary>The bytes of a file, holes as zeros.</summary>
    public byte[] Content() => [.. Parts.SelectMany(part => part.Bytes ?? new byte[part.Length])];

    /// <summary>All entries below, by path, in the order of a listing.</summary>
    public IEnumerable<(string Path, TestTree Tree)> Below(string path = "")
    {
        foreach (TestTree child in Children.OrderBy(c => c.Entry.Name, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b))))
        {
            string childPath = $"{path}/{Encoding.Latin1.GetString(child.Entry.Name)}";
            yield return (childPath, child);
            foreach ((string, TestTree) below in child.Below(childPath))
                yield return below;
        }
    }

    // Names as Latin-1: every byte can be written.
    private static TreeEntry EntryOf(string name, EntryKind kind, int mode) => new()
    {
        Name = Encoding.Latin1.GetBytes(name),
        Kind = kind,
        Mode = mode,
        Owner = Owner,
        Mtime = new EntryTime(1_700_000_000, 123_456_789),
        Ctime = new EntryTime(1_700_000_000, 0),
    };
}

/// <summary>A run of content: bytes (one blob), or a hole of a length.</summary>
internal sealed record ContentPart(byte[]? Bytes, long HoleLength = 0)
{
    public long Length => Bytes?.Length ?? HoleLength;

    public static ContentPart Hole(long length) => new(null, length);

    public static ContentPart Noise(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new System.Random(seed).NextBytes(bytes);
        return new ContentPart(bytes);
    }
}
