using System.Buffers.Binary;

namespace Snapstore.Sources;

/// <summary>Recognises files made of pages that stay where they are: databases and disk images. They are best cut in fixed blocks
/// (spec/formats/chunking.md, "Fixed blocks"). A wrong guess costs some deduplication and nothing else.</summary>
internal static class PagedFiles
{
    // What of a file's beginning is looked at: as far as the magic number of ext2 to ext4.
    private const int HeadSize = 2048;
    private const int ImageSizeMin = 1 << 20;

    /// <summary>True where name and first bytes are those of such a file.</summary>
    /// <param name="path">Its path; the last part counts.</param>
    /// <param name="head">Its first bytes, 2048 or all there are.</param>
    /// <param name="size">Bytes of it; negative where that is not known.</param>
    public static bool Recognizes(ReadOnlySpan<byte> path, ReadOnlySpan<byte> head, long size)
    {
        if (head.Length < HeadSize)
            return false;
        ReadOnlySpan<byte> name = path[(path.LastIndexOf((byte)'/') + 1)..];
        return head.StartsWith("SQLite format 3\0"u8)
            || IsInnoDb(name, head)
            || IsPostgresRelation(name, head)
            || IsDiskImage(head)
            || (IsNamedImage(name) && size >= ImageSizeMin && HasFileSystem(head));
    }

    // The first page of a tablespace: page number 0, page type 8 (FIL_PAGE_TYPE_FSP_HDR).
    private static bool IsInnoDb(ReadOnlySpan<byte> name, ReadOnlySpan<byte> head)
    {
        bool isNamed = name.EndsWith(".ibd"u8) || name.EndsWith(".ibu"u8) || name.StartsWith("ibdata"u8) || name.StartsWith("undo"u8);
        return isNamed && BinaryPrimitives.ReadUInt32BigEndian(head[4..]) == 0 && BinaryPrimitives.ReadUInt16BigEndian(head[24..]) == 8;
    }

    // 16384, 16384_fsm, 16384_vm, 16384.1; pages of 8 KiB in layout 4 (pd_pagesize_version).
    private static bool IsPostgresRelation(ReadOnlySpan<byte> name, ReadOnlySpan<byte> head)
    {
        int digits = name.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        ReadOnlySpan<byte> rest = digits < 0 ? [] : name[digits..];
        int fork = rest.StartsWith("_fsm"u8) ? 4 : rest.StartsWith("_vm"u8) ? 3 : rest.StartsWith("_init"u8) ? 5 : 0;
        rest = rest[fork..];
        bool isNamed = digits != 0 && (rest.IsEmpty || (rest.Length > 1 && rest[0] == '.' && rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0));
        return isNamed && BinaryPrimitives.ReadUInt16LittleEndian(head[18..]) == (8192 | 4);
    }

    private static bool IsDiskImage(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[(byte)'Q', (byte)'F', (byte)'I', 0xfb])
        || head.StartsWith("KDMV"u8)
        || head.StartsWith("vhdxfile"u8)
        || head.StartsWith("conectix"u8)
        || (head.StartsWith("<<<"u8) && BinaryPrimitives.ReadUInt32LittleEndian(head[0x40..]) == 0xbeda107f);

    private static bool IsNamedImage(ReadOnlySpan<byte> name) =>
        name.EndsWith(".img"u8) || name.EndsWith(".raw"u8) || name.EndsWith(".dd"u8);

    // A partition table (MBR, GPT), XFS, or ext2 to ext4.
    private static bool HasFileSystem(ReadOnlySpan<byte> head) =>
        head[510..].StartsWith((ReadOnlySpan<byte>)[0x55, 0xaa])
        || head[512..].StartsWith("EFI PART"u8)
        || head.StartsWith("XFSB"u8)
        || BinaryPrimitives.ReadUInt16LittleEndian(head[(1024 + 56)..]) == 0xef53;
}
