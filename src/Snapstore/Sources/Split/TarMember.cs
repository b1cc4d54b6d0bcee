using Snapstore.Formats;

namespace Snapstore.Sources.Split;

/// <summary>What the headers of one member say; extended headers go over its own.</summary>
internal sealed class TarMember
{
    public required char Type { get; init; }

    /// <summary>True for a header of GNU's own older kind.</summary>
    public required bool IsOldGnu { get; init; }

    public byte[] Name { get; set; } = [];

    public byte[] LinkName { get; set; } = [];

    public int Mode { get; set; }

    public Int128 Uid { get; set; }

    public Int128 Gid { get; set; }

    public string User { get; set; } = "";

    public string Group { get; set; } = "";

    /// <summary>Bytes that stand behind the header.</summary>
    public long Size { get; set; }

    public EntryTime Mtime { get; set; }

    public EntryTime? Ctime { get; set; }

    public uint Major { get; set; }

    public uint Minor { get; set; }

    /// <summary>Extended attributes by name.</summary>
    public SortedDictionary<string, byte[]> Attributes { get; } = new(StringComparer.Ordinal);

    /// <summary>Access control lists as text: (attribute they become, text).</summary>
    public List<(string Attribute, byte[] Text)> AccessLists { get; } = [];

    /// <summary>What could not be understood and is left out, for warnings.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>True where blocks with more runs of data follow the header (GNU's older kind).</summary>
    public bool HasMoreRuns { get; set; }

    /// <summary>True where <see cref="Name"/> is that of a sparse file.</summary>
    public bool HasSparseName { get; set; }

    /// <summary>What is known of its holes.</summary>
    public TarSparse Sparse { get; } = new();

    /// <summary>The entry of this kind.</summary>
    public TreeEntry Entry(EntryKind kind) => new()
    {
        Name = [],
        Kind = kind,
        Mode = Mode,
        Owner = new EntryOwner(Id(Uid, "owner"), Id(Gid, "group"), User, Group),
        Mtime = Mtime,
        Ctime = Ctime ?? Mtime,
        Target = kind == EntryKind.Symlink ? LinkName : [],
        Rdev = kind is EntryKind.CharacterDevice or EntryKind.BlockDevice ? (Major, Minor) : default,
        Attributes = [.. Attributes.Select(pair => new ExtendedAttribute(TarExtended.NameBytes(pair.Key), pair.Value))],
    };

    private uint Id(Int128 number, string what)
    {
        if (number >= 0 && number <= uint.MaxValue)
            return (uint)number;
        Problems.Add($"its {what} {number} is no number that a system can have; captured as 65534");
        return 65534;
    }
}
