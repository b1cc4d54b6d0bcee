namespace Snapstore.Formats;

/// <summary>What a directory entry is; the numbers are those of spec/formats/tree.md.</summary>
public enum EntryKind : byte
{
    /// <summary>A regular file.</summary>
    File = 1,

    /// <summary>A directory.</summary>
    Directory = 2,

    /// <summary>A symbolic link.</summary>
    Symlink = 3,

    /// <summary>A named pipe.</summary>
    Fifo = 4,

    /// <summary>A socket: never stored.</summary>
    Socket = 5,

    /// <summary>A character device.</summary>
    CharacterDevice = 6,

    /// <summary>A block device.</summary>
    BlockDevice = 7,
}

/// <summary>Who owns an entry: numbers, and the names they had on the host that was captured ("" where unknown).</summary>
public sealed record EntryOwner(uint Uid, uint Gid, string User, string Group);

/// <summary>A time to the nanosecond.</summary>
/// <param name="Seconds">Seconds since 1970-01-01T00:00:00Z; negative before.</param>
/// <param name="Nanoseconds">0 to 999,999,999, added.</param>
public readonly record struct EntryTime(long Seconds, int Nanoseconds) : IComparable<EntryTime>
{
    /// <inheritdoc/>
    public int CompareTo(EntryTime other) =>
        Seconds != other.Seconds ? Seconds.CompareTo(other.Seconds) : Nanoseconds.CompareTo(other.Nanoseconds);
}

/// <summary>One extended attribute; ACLs and capabilities are such.</summary>
public readonly record struct ExtendedAttribute(byte[] Name, byte[] Value);

/// <summary>What lies below a directory: entries (itself not counted) and bytes of files.</summary>
public readonly record struct SubtreeTotals(long Entries, long Bytes)
{
    /// <summary>The sum of both, at most 2^63 - 1: two sparse files of 8 EiB are legal and must not stop a backup.</summary>
    public static SubtreeTotals operator +(SubtreeTotals a, SubtreeTotals b) =>
        new(Saturate(a.Entries, b.Entries), Saturate(a.Bytes, b.Bytes));

    /// <summary>The sum of both.</summary>
    public static SubtreeTotals Add(SubtreeTotals left, SubtreeTotals right) => left + right;

    private static long Saturate(long a, long b) => a <= long.MaxValue - b ? a + b : long.MaxValue;
}

/// <summary>A run of a file's content: a data blob, or a hole.</summary>
/// <param name="Id">The blob; default for a hole.</param>
/// <param name="Length">Bytes, at least 1.</param>
/// <param name="IsHole">True where the file system holds nothing.</param>
public readonly record struct ContentItem(BlobId Id, long Length, bool IsHole)
{
    /// <summary>A hole of this many bytes.</summary>
    public static ContentItem Hole(long length) => new(default, length, IsHole: true);
}

/// <summary>Where a file's bytes are: nowhere (empty), in the entry, in a few items, or in a chunk list.</summary>
public sealed class FileContent
{
    private FileContent(byte[]? inline, ContentItem[]? items, BlobId? list)
    {
        Inline = inline;
        Items = items;
        List = list;
    }

    /// <summary>The content of an empty file.</summary>
    public static FileContent Empty { get; } = new(null, null, null);

    /// <summary>The bytes themselves, for short files.</summary>
    public byte[]? Inline { get; }

    /// <summary>1 to 8 items.</summary>
    public ContentItem[]? Items { get; }

    /// <summary>The root node of a chunk list.</summary>
    public BlobId? List { get; }

    /// <summary>Content that stands in the entry.</summary>
    public static FileContent OfInline(byte[] bytes) => bytes.Length == 0 ? Empty : new(bytes, null, null);

    /// <summary>Content of a few items.</summary>
    public static FileContent OfItems(ContentItem[] items) => items.Length == 0 ? Empty : new(null, items, null);

    /// <summary>Content in a chunk list.</summary>
    public static FileContent OfList(BlobId root) => new(null, null, root);

    /// <summary>True where both lead to the same bytes by the same blobs.</summary>
    public bool IsSameAs(FileContent other) =>
        Nullable.Equals(List, other.List)
        && (Inline ?? []).AsSpan().SequenceEqual(other.Inline ?? [])
        && (Items ?? []).AsSpan().SequenceEqual(other.Items ?? []);
}

/// <summary>One name in a directory: kind, metadata and content (spec/formats/tree.md).</summary>
public sealed record TreeEntry
{
    /// <summary>The name as raw bytes.</summary>
    public required byte[] Name { get; init; }

    /// <summary>What it is.</summary>
    public required EntryKind Kind { get; init; }

    /// <summary>The 12 permission bits.</summary>
    public int Mode { get; init; }

    /// <summary>Who owns it.</summary>
    public required EntryOwner Owner { get; init; }

    /// <summary>When its content changed last.</summary>
    public EntryTime Mtime { get; init; }

    /// <summary>When its inode changed last; for comparison only.</summary>
    public EntryTime Ctime { get; init; }

    /// <summary>Its inode number; for comparison and hard links.</summary>
    public ulong Inode { get; init; }

    /// <summary>The device its inode number is of; 0 unless <see cref="LinkCount"/> is above 1.</summary>
    public ulong Device { get; init; }

    /// <summary>Names of this inode; 1 unless it is a hard link (never for directories).</summary>
    public ulong LinkCount { get; init; } = 1;

    /// <summary>Bytes of a file; 0 for all else.</summary>
    public long Size { get; init; }

    /// <summary>A file's content.</summary>
    public FileContent Content { get; init; } = FileContent.Empty;

    /// <summary>A directory's tree: the id of its root node.</summary>
    public BlobId Tree { get; init; }

    /// <summary>What lies below a directory.</summary>
    public SubtreeTotals Below { get; init; }

    /// <summary>A symbolic link's target as raw bytes.</summary>
    public byte[] Target { get; init; } = [];

    /// <summary>A device's major and minor number.</summary>
    public (uint Major, uint Minor) Rdev { get; init; }

    /// <summary>Extended attributes, sorted by name.</summary>
    public ExtendedAttribute[] Attributes { get; init; } = [];

    /// <summary>True for a file that has other names.</summary>
    public bool IsHardLink => LinkCount > 1 && Kind != EntryKind.Directory;

    /// <summary>What this entry adds to its directory's totals: itself and all below it.</summary>
    public SubtreeTotals Totals => new SubtreeTotals(1, Size) + Below;
}
