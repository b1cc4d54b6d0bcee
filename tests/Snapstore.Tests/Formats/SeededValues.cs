using Snapstore.Formats;

namespace Snapstore.Tests.Formats;

/// <summary>Random values of the formats, made from a seed that a failing property prints.</summary>
internal sealed partial class SeededValues(int seed)
{
    private static readonly ulong[] Edges =
        [0, 1, 127, 128, 16383, 16384, uint.MaxValue, (ulong)uint.MaxValue + 1, long.MaxValue, (ulong)long.MaxValue + 1, ulong.MaxValue];

    private static readonly string[] TextParts = ["a", "z", " ", "\n", "\0", "ß", "€", "😀"];

    private readonly Random _random = new(seed);

    public int Int(int below) => _random.Next(below);

    public bool Bool() => _random.Next(2) == 0;

    public byte[] Bytes(int sizeMax)
    {
        byte[] bytes = new byte[_random.Next(sizeMax + 1)];
        _random.NextBytes(bytes);
        return bytes;
    }

    public byte[] Fill(int size)
    {
        byte[] bytes = new byte[size];
        _random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A number near an edge half of the time, of any size otherwise.</summary>
    public ulong UInt64() => Bool() ? Edges[Int(Edges.Length)] : (ulong)_random.NextInt64() >> Int(64);

    public long Int64() => unchecked((long)UInt64() * (Bool() ? 1 : -1));

    public long Size() => (long)(UInt64() & long.MaxValue);

    public uint UInt32() => (uint)(UInt64() & uint.MaxValue);

    public BlobId Id() => new(Fill(BlobId.Size));

    public SessionId Session() => new(Fill(SessionId.Size));

    public string Text() => string.Concat(Enumerable.Range(0, Int(6)).Select(_ => TextParts[Int(TextParts.Length)]));

    public string[] Texts() => [.. Enumerable.Range(0, Int(4)).Select(_ => Text())];

    public EntryTime Time() => new(Bool() ? Int64() : _random.Next(), Int(1_000_000_000));

    public byte[] Name()
    {
        byte[] name = Bytes(Int(8) == 0 ? Limits.NameSizeMax : 12);
        for (int i = 0; i < name.Length; i++)
            name[i] = name[i] is 0 or (byte)'/' ? (byte)'x' : name[i];
        return name.Length == 0 || name.AsSpan().SequenceEqual("."u8) || name.AsSpan().SequenceEqual(".."u8) ? "x"u8.ToArray() : name;
    }

    public ContentItem Item() => Int(4) == 0
        ? ContentItem.Hole(1 + Int(1 << 30))
        : new ContentItem(Id(), 1 + Int(Limits.BlobSizeMax), IsHole: false);

    /// <summary>Entries in name order, each name once.</summary>
    public TreeEntry[] Entries(int countMax)
    {
        SortedSet<byte[]> names = new(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
        for (int i = Int(countMax + 1); i > 0; i--)
            names.Add(Name());
        EntryOwner[] owners = [.. Enumerable.Range(0, 3).Select(_ => new EntryOwner(UInt32(), UInt32(), Text(), Text()))];
        return [.. names.Select(name => Entry(name, owners[Int(owners.Length)]))];
    }

    public TreeEntry Entry(byte[] name, EntryOwner owner)
    {
        EntryKind[] kinds =
            [EntryKind.File, EntryKind.File, EntryKind.Directory, EntryKind.Symlink, EntryKind.Fifo, EntryKind.CharacterDevice, EntryKind.BlockDevice];
        EntryKind kind = kinds[Int(kinds.Length)];
        (long size, FileContent content) = kind == EntryKind.File ? Content() : (0, FileContent.Empty);
        bool isLinked = kind != EntryKind.Directory && Int(4) == 0;
        return new TreeEntry
        {
            Name = name,
            Kind = kind,
            Mode = Int(4096),
            Owner = owner,
            Mtime = Time(),
            Ctime = Time(),
            Inode = UInt64(),
            Device = isLinked ? UInt64() : 0,
            LinkCount = isLinked ? 2UL + (uint)Int(1000) : 1,
            Size = size,
            Content = content,
            Tree = kind == EntryKind.Directory ? Id() : default,
            Below = kind == EntryKind.Directory ? new SubtreeTotals(Size(), Size()) : default,
            Target = kind == EntryKind.Symlink ? Name() : [],
            Rdev = kind is EntryKind.CharacterDevice or EntryKind.BlockDevice ? (UInt32(), UInt32()) : default,
            Attributes = Int(4) == 0 ? Attributes() : [],
        };
    }

    public PackDirectory Directory()
    {
        PackDirectory directory = new();
        for (int i = Int(5); i > 0; i--)
        {
            BlobRecord[] blobs = [.. Enumerable.Range(0, 1 + Int(5)).Select(_ => new BlobRecord(Id(), Int(2 << 20)))];
            directory.Add(1 + Int(2 << 20), blobs);
        }

        return directory;
    }

    /// <summary>A directory of plain segments, and of segments of deltas behind them.</summary>
    public PackDirectory DirectoryWithDeltas()
    {
        PackDirectory directory = Directory();
        for (int i = 1 + Int(3); i > 0; i--)
        {
            BlobRecord[] frames = [.. Enumerable.Range(0, 1 + Int(5)).Select(_ => new BlobRecord(Id(), 1 + Int(2 << 20)))];
            DeltaRecord[] deltas = [.. frames.Select(_ => new DeltaRecord(new BlobKey(Fill(BlobKey.Size)), Int(Limits.BlobSizeMax)))];
            directory.Add(1 + Int(2 << 20), frames, deltas);
        }

        return directory;
    }

    private (long Size, FileContent Content) Content()
    {
        switch (Int(4))
        {
            case 0:
                return (0, FileContent.Empty);
            case 1:
                byte[] inline = Fill(1 + Int(Limits.InlineContentReadMax));
                return (inline.Length, FileContent.OfInline(inline));
            case 2:
                ContentItem[] items = [.. Enumerable.Range(0, 1 + Int(Limits.ContentItemsInEntryMax)).Select(_ => Item())];
                return (items.Sum(item => item.Length), FileContent.OfItems(items));
            default:
                return (1 + (Size() >> 1), FileContent.OfList(Id()));
        }
    }

    private ExtendedAttribute[] Attributes() =>
    [
        .. Enumerable.Range(0, 1 + Int(4))
            .Select(number => new ExtendedAttribute([(byte)('a' + number), .. Name()[..1]], Bytes(200))),
    ];
}
