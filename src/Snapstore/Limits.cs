namespace Snapstore;

/// <summary>Every bound of the program with its unit and its reason; nothing is unbounded elsewhere.</summary>
public static class Limits
{
    /// <summary>Bytes of one blob's plaintext: a chunk is far below; a node with large attributes comes closest.</summary>
    public const int BlobSizeMax = 16 << 20;

    /// <summary>Bytes of plaintext at which a segment is closed: 1 MiB gives nearly all of grouping's gain.</summary>
    public const int SegmentSizeTarget = 1 << 20;

    /// <summary>Bytes of plaintext in one segment, whoever wrote it: what a reader must be ready to hold.</summary>
    public const int SegmentSizeMax = 16 << 20;

    /// <summary>Deltas at which a segment of them is closed: together they are some 256 MiB of plaintext, which
    /// whoever verifies the segment decodes.</summary>
    public const int DeltasInSegmentMax = 4096;

    /// <summary>Bytes of a chunk, and of its base, below which no delta is tried: it would save less than its record takes.</summary>
    public const int DeltaChunkSizeMin = 4 << 10;

    /// <summary>Bytes of a file, as it was, below which no delta is tried: reading a base costs a whole segment.</summary>
    public const int DeltaFileSizeMin = 128 << 10;

    /// <summary>Bytes of segments at which a pack is closed.</summary>
    public const int PackSizeTarget = 32 << 20;

    /// <summary>Bytes of new blobs that wait for another repository to which a snapshot is written as well.</summary>
    public const int FollowingCopyBytesMax = 4 << 20;

    /// <summary>Other repositories to which a snapshot is written as well: each takes memory, threads and connections.</summary>
    public const int FollowingCopiesMax = 8;

    /// <summary>Blobs at which a pack is closed, however few bytes they take: its directory, some 35 bytes a blob, is
    /// held in memory while it is written and must stay far below what a reader accepts.</summary>
    public const int PackBlobsTarget = 1 << 16;

    /// <summary>Bytes of a pack, whoever wrote it: offsets are 32-bit in the index.</summary>
    public const long PackSizeMax = uint.MaxValue;

    /// <summary>Bytes of a sealed object that is read whole (index, manifest, pack directory).</summary>
    public const int ObjectSizeMax = 80 << 20;

    /// <summary>Bytes of index record at which an index object is closed.</summary>
    public const int IndexObjectSizeTarget = 16 << 20;

    /// <summary>Bytes stored after which a running backup writes an index object: what an interruption may cost.</summary>
    public const long IndexIntervalBytes = 256 << 20;

    /// <summary>Blobs after which a running backup writes an index object: till then their directories are in memory.</summary>
    public const int IndexIntervalBlobs = 1 << 18;

    /// <summary>Seconds after which a running backup writes an index object.</summary>
    public const int IndexIntervalSeconds = 60;

    /// <summary>Bytes of one file's content that are kept in its tree entry.</summary>
    public const int InlineContentMax = 200;

    /// <summary>Bytes of inline content a reader accepts.</summary>
    public const int InlineContentReadMax = 256;

    /// <summary>Items that stand in a tree entry itself; more make a chunk list.</summary>
    public const int ContentItemsInEntryMax = 8;

    /// <summary>Bytes of one name (Linux NAME_MAX).</summary>
    public const int NameSizeMax = 255;

    /// <summary>Bytes of a symbolic link's target (Linux PATH_MAX, and some).</summary>
    public const int LinkTargetSizeMax = 64 << 10;

    /// <summary>Bytes of one extended attribute's value (Linux XATTR_SIZE_MAX).</summary>
    public const int AttributeValueSizeMax = 64 << 10;

    /// <summary>Bytes of all attribute values of one file: an entry must fit in a blob, beside others.</summary>
    public const int AttributesSizeMax = 4 << 20;

    /// <summary>Attributes of one file.</summary>
    public const int AttributeCountMax = 4096;

    /// <summary>Directories one below the other: deeper trees are refused, not overflowed.</summary>
    public const int TreeDepthMax = 4096;

    /// <summary>Levels of branches above leaves: 16 levels of 2 or more children hold any directory.</summary>
    public const int NodeHeightMax = 16;

    /// <summary>Entries or items in one node.</summary>
    public const int NodeEntriesMax = 1024;

    /// <summary>Entries at which a node may end if its content says so.</summary>
    public const int NodeEntriesMin = 32;

    /// <summary>Bytes of encoding at which a tree leaf ends.</summary>
    public const int LeafSizeTarget = 128 << 10;

    /// <summary>Key slots of one repository.</summary>
    public const int KeySlotsMax = 64;

    /// <summary>Argon2id memory, KiB: below is too weak, above exhausts (spec/formats/key-slot.md).</summary>
    public const int SlotMemoryKibMin = 64 << 10, SlotMemoryKibMax = 4 << 20;

    /// <summary>Argon2id passes.</summary>
    public const int SlotPassesMin = 3, SlotPassesMax = 64;

    /// <summary>Warnings kept in a manifest; their number is kept in full.</summary>
    public const int ManifestWarningsMax = 100;

    /// <summary>Bytes of a command's stderr that are kept.</summary>
    public const int StderrTailSize = 4 << 10;

    /// <summary>Warnings, damage and notes about single paths that a run keeps to tell; all are counted.</summary>
    public const int MessagesMax = 10_000;

    /// <summary>Findings that a check keeps: nobody reads more, and a repository without packs would give millions.</summary>
    public const int FindingsMax = 10_000;

    /// <summary>Broken nodes of one snapshot that a check enters to name paths: shared broken subtrees can have more
    /// paths than there are atoms.</summary>
    public const int DamageStepsMax = 250_000;
}
