namespace Snapstore.Formats;

/// <summary>Encodes the entries of one leaf, one after the other (spec/formats/tree.md). Reusable.</summary>
public sealed class TreeLeafEncoder
{
    private readonly ByteWriter _entries = new(64 << 10);
    private readonly List<EntryOwner> _owners = [];
    private EntryTime _lastMtime;
    private ulong _lastInode;

    /// <summary>Entries so far.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of encoded entries so far.</summary>
    public int Size => _entries.Length;

    /// <summary>What the entries so far add to the directory's totals.</summary>
    public SubtreeTotals Totals { get; private set; }

    /// <summary>Adds an entry whose name is greater than the one before.</summary>
    public void Add(TreeEntry entry)
    {
        bool hasAttributes = entry.Attributes.Length > 0;
        _entries.Bytes(entry.Name);
        _entries.U8((byte)entry.Kind);
        _entries.Varint((hasAttributes ? TreeLeaf.AttributesFlag : 0u) | (entry.IsHardLink ? TreeLeaf.HardLinkFlag : 0u));
        _entries.Varint((uint)entry.Mode);
        _entries.Varint((uint)OwnerNumber(entry.Owner));
        AddTimes(entry);
        _entries.Zigzag(unchecked((long)(entry.Inode - _lastInode)));
        _lastInode = entry.Inode;
        AddKind(entry);
        if (entry.IsHardLink)
        {
            _entries.Varint(entry.Device);
            _entries.Varint(entry.LinkCount);
        }

        if (hasAttributes)
            AddAttributes(entry.Attributes);
        Count++;
        Totals += entry.Totals;
    }

    /// <summary>Writes the leaf and begins the next one.</summary>
    public void Finish(ByteWriter output)
    {
        output.U8(TreeLeaf.TypeByte);
        output.Varint((uint)_owners.Count);
        foreach (EntryOwner owner in _owners)
        {
            output.Varint(owner.Uid);
            output.Varint(owner.Gid);
            output.Text(owner.User);
            output.Text(owner.Group);
        }

        output.Varint((uint)Count);
        output.Raw(_entries.Written);
        Reset();
    }

    private void Reset()
    {
        _entries.Clear();
        _owners.Clear();
        (_lastMtime, _lastInode, Count, Totals) = (default, 0, 0, default);
    }

    private int OwnerNumber(EntryOwner owner)
    {
        int number = _owners.IndexOf(owner);
        if (number >= 0)
            return number;
        _owners.Add(owner);
        return _owners.Count - 1;
    }

    private void AddTimes(TreeEntry entry)
    {
        _entries.Zigzag(unchecked(entry.Mtime.Seconds - _lastMtime.Seconds));
        _entries.Varint((uint)entry.Mtime.Nanoseconds);
        _entries.Zigzag(unchecked(entry.Ctime.Seconds - entry.Mtime.Seconds));
        _entries.Varint((uint)entry.Ctime.Nanoseconds);
        _lastMtime = entry.Mtime;
    }

    private void AddKind(TreeEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.File:
                _entries.Varint((ulong)entry.Size);
                AddContent(entry.Content);
                break;
            case EntryKind.Directory:
                _entries.Raw(entry.Tree.Span);
                _entries.Varint((ulong)entry.Below.Entries);
                _entries.Varint((ulong)entry.Below.Bytes);
                break;
            case EntryKind.Symlink:
                _entries.Bytes(entry.Target);
                break;
            case EntryKind.CharacterDevice or EntryKind.BlockDevice:
                _entries.Varint(entry.Rdev.Major);
                _entries.Varint(entry.Rdev.Minor);
                break;
            case EntryKind.Fifo:
                break;
            default:
                throw new ArgumentException($"an entry of kind {entry.Kind} is never stored", nameof(entry));
        }
    }

    private void AddContent(FileContent content)
    {
        if (content.Inline is { } inline)
        {
            _entries.U8(TreeLeaf.FormInline);
            _entries.Raw(inline);
        }
        else if (content.Items is { } items)
        {
            _entries.U8(TreeLeaf.FormItems);
            _entries.Varint((uint)items.Length);
            foreach (ContentItem item in items)
                ChunkListNode.EncodeItem(_entries, item);
        }
        else if (content.List is { } list)
        {
            _entries.U8(TreeLeaf.FormList);
            _entries.Raw(list.Span);
        }
        else
        {
            _entries.U8(TreeLeaf.FormEmpty);
        }
    }

    private void AddAttributes(ExtendedAttribute[] attributes)
    {
        _entries.Varint((uint)attributes.Length);
        foreach (ExtendedAttribute attribute in attributes)
        {
            _entries.Bytes(attribute.Name);
            _entries.Bytes(attribute.Value);
        }
    }
}
