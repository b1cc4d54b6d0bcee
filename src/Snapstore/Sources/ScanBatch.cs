using System.Runtime.InteropServices;
using Snapstore.Posix;

namespace Snapstore.Sources;

/// <summary>What a scan says next; the order of items is the order of the tree.</summary>
internal enum ScanKind : byte
{
    /// <summary>A name that is no directory.</summary>
    Entry = 1,

    /// <summary>A directory whose entries follow.</summary>
    Enter = 2,

    /// <summary>A directory that is only on the way to a selected path: it may be a link that was followed.</summary>
    EnterOnTheWay = 3,

    /// <summary>The end of the directory entered last.</summary>
    Leave = 4,
}

/// <summary>One item of a scan; its name stands in the batch.</summary>
internal readonly record struct ScanItem(ScanKind Kind, int NameOffset, int NameLength, FileStat Stat);

/// <summary>A run of scan items and their names: about 170 bytes an item.</summary>
internal sealed class ScanBatch
{
    /// <summary>Items in one batch.</summary>
    public const int ItemsMax = 1024;

    private readonly List<ScanItem> _items = new(ItemsMax);
    private byte[] _names = new byte[16 << 10];
    private int _namesUsed;

    /// <summary>True where the batch should be passed on.</summary>
    public bool IsFull => _items.Count >= ItemsMax;

    /// <summary>The items in order.</summary>
    public ReadOnlySpan<ScanItem> Items => CollectionsMarshal.AsSpan(_items);

    /// <summary>The name of an item.</summary>
    public ReadOnlySpan<byte> NameOf(in ScanItem item) => _names.AsSpan(item.NameOffset, item.NameLength);

    /// <summary>Adds an item.</summary>
    public void Add(ScanKind kind, ReadOnlySpan<byte> name, in FileStat stat)
    {
        if (_names.Length - _namesUsed < name.Length)
            Array.Resize(ref _names, Math.Max(_names.Length * 2, _namesUsed + name.Length));
        name.CopyTo(_names.AsSpan(_namesUsed));
        _items.Add(new ScanItem(kind, _namesUsed, name.Length, stat));
        _namesUsed += name.Length;
    }
}
