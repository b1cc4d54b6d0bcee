using Snapstore.Formats;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>The tree of a source in the making: contents are stored in the order they come, the tree is built at the end, for
/// names come in any order.</summary>
/// <remarks>Memory: the entries, some 700 bytes each; contents never.</remarks>
internal sealed class SourceTree : ISourceTree, IDisposable
{
    private const int FileMode = 0x180, DirectoryMode = 0x1c0; // 0600, 0700: who may read it is not known

    private readonly BackupPipeline _pipeline;
    private readonly ParentPaths _parent;
    private readonly BackupNotes _notes;
    private readonly EntryTime _now;
    private SourceDirectory _root = new();
    private readonly WrittenFiles _written;
    private ulong _linkNumbers;
    private SnapshotCounts _counts = new();

    public SourceTree(BackupPipeline pipeline, ParentPaths parent, BackupNotes notes, TimeProvider time)
    {
        _pipeline = pipeline;
        _parent = parent;
        _notes = notes;
        long now = UnixTime.ToNanoseconds(time.GetUtcNow());
        _now = new EntryTime(now / 1_000_000_000, (int)(now % 1_000_000_000));
        _written = new WrittenFiles(pipeline);
    }

    /// <summary>What was put; complete once the tree is finished.</summary>
    public SnapshotCounts Counts => _counts;

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> path, TreeEntry entry)
    {
        byte[][] parts = Split(path);
        if (entry.Kind == EntryKind.Directory)
        {
            DirectoryAt(parts).Entry = entry with { Name = parts[^1] };
            return;
        }

        TreeEntry? parent = entry.Kind == EntryKind.File ? ParentFile(parts) : null;
        Place(parts, new SourceSlot(entry)
        {
            IsNew = parent is null,
            IsUnchanged = parent is not null && parent.Size == entry.Size && parent.Content.IsSameAs(entry.Content),
        });
    }

    /// <inheritdoc/>
    public void Put(ReadOnlySpan<byte> path, SourceContent content)
    {
        SourceSlot slot = NewFile(path, content.Entry, out Func<SourceOpener, long, PieceQueue?, FileJob> makeJob, content.IsPaged);
        SourceOpener opener = new(content.Open, null);
        PutWhole(slot, makeJob, opener, content.Size);
    }

    /// <inheritdoc/>
    public Stream Begin(ReadOnlySpan<byte> path, WrittenContent content)
    {
        SourceSlot slot = NewFile(path, content.Entry, out Func<SourceOpener, long, PieceQueue?, FileJob> makeJob, content.IsPaged);
        DataRuns? runs = content.Runs;
        return new WrittenFile(
            _written,
            whole => PutWhole(slot, makeJob, new SourceOpener(() => new MemoryStream(whole, writable: false), runs), runs?.Size ?? whole.Length),
            (bytes, pieces) => makeJob(new SourceOpener(() => bytes, runs), runs?.Size ?? -1, pieces),
            runs is null || runs.Size <= WrittenFiles.SmallMax);
    }

    /// <inheritdoc/>
    public bool Link(ReadOnlySpan<byte> path, ReadOnlySpan<byte> existing)
    {
        if (Find(Split(existing)) is not SourceSlot slot)
            return false;
        if (slot.LinkNumber == 0)
            slot.LinkNumber = ++_linkNumbers;
        Place(Split(path), slot);
        return true;
    }

    /// <inheritdoc/>
    public bool Remove(ReadOnlySpan<byte> path)
    {
        byte[][] parts = Split(path);
        return Find(parts[..^1]) is SourceDirectory directory && directory.Remove(parts[^1]);
    }

    /// <inheritdoc/>
    public bool Move(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target)
    {
        byte[][] from = Split(path), to = Split(target);
        if (Find(from) is not { } moved)
            return false;
        if (Find(to) is not null)
            throw new SourceException($"{Text.PrintablePath.Of(path)} is to become {Text.PrintablePath.Of(target)}, which there is already; no snapshot was made");
        ((SourceDirectory)Find(from[..^1])!).Remove(from[^1]);
        DirectoryAt(to[..^1]).Set(to[^1], moved);
        return true;
    }

    /// <inheritdoc/>
    public void WaitUntilRead()
    {
        _written.WaitUntilRead();
        _pipeline.WaitUntilBuilt();
        ThrowIfLeftOut();
    }

    /// <inheritdoc/>
    public void StartOver()
    {
        _root = new SourceDirectory();
    }

    /// <inheritdoc/>
    public void Warn(ReadOnlySpan<byte> path, string problem) => _notes.Warn(path, problem);

    /// <inheritdoc/>
    public void Note(ReadOnlySpan<byte> path, string text) => _notes.Note(path, text);

    /// <summary>Waits for the contents and builds the tree.</summary>
    public void Finish()
    {
        WaitUntilRead();
        _root.CountNames();
        _pipeline.Begin(Default(EntryKind.Directory, DirectoryMode) with { Mtime = default, Ctime = default });
        Emit(_root);
        _pipeline.End();
    }

    /// <summary>Gives up what is still being written.</summary>
    public void Dispose() => _written.Dispose();

    private void ThrowIfLeftOut()
    {
        if (_notes.FilesLeftOut > 0)
            throw new SourceException($"{_notes.Warnings[0]}; no snapshot was made");
    }

    private SourceSlot NewFile(
        ReadOnlySpan<byte> path, TreeEntry? given, out Func<SourceOpener, long, PieceQueue?, FileJob> makeJob, bool isPaged)
    {
        byte[][] parts = Split(path);
        byte[] pathBytes = path.ToArray();
        TreeEntry? parent = ParentFile(parts);
        SourceSlot slot = new((given ?? Default(EntryKind.File, FileMode)) with { Name = parts[^1] }) { IsNew = parent is null };
        bool keepsTime = given is null;
        makeJob = (opener, size, pieces) => new FileJob(opener, pathBytes, size)
        {
            Pieces = pieces,
            Base = parent,
            IsPaged = isPaged,
            MayHaveHoles = opener.Runs is not null,
            BufferOffset = pieces is null ? _pipeline.ReserveBuffer(size) : 0,
            Stored = (stored, length) => Complete(slot, stored, length, parent, keepsTime),
        };
        Place(parts, slot);
        return slot;
    }

    // Small ones are read together, many in a batch.
    private void PutWhole(SourceSlot slot, Func<SourceOpener, long, PieceQueue?, FileJob> makeJob, SourceOpener opener, long size)
    {
        if (size is >= 0 and <= WrittenFiles.SmallMax)
            _pipeline.File(slot.Entry, makeJob(opener, size, null));
        else
            _pipeline.Stream(slot.Entry, makeJob(opener, opener.Runs is null ? -1 : size, _pipeline.NewPieceQueue()));
    }

    // Runs on the tree stage's thread; the slot is read again only after all contents are stored.
    private static void Complete(SourceSlot slot, FileContent content, long size, TreeEntry? parent, bool keepsTime)
    {
        TreeEntry entry = slot.Entry;
        slot.IsUnchanged = parent is not null && parent.Size == size && parent.Content.IsSameAs(content);
        EntryTime mtime = slot.IsUnchanged && keepsTime ? parent!.Mtime : entry.Mtime;
        EntryTime ctime = slot.IsUnchanged && keepsTime ? parent!.Ctime : entry.Ctime;
        slot.Entry = entry with { Content = content, Size = size, Mtime = mtime, Ctime = ctime };
    }

    private void Emit(SourceDirectory directory)
    {
        foreach ((byte[] name, SourceDirectory? below, SourceSlot? slot) in directory.InOrder())
        {
            if (slot is not null)
            {
                Count(slot);
                _pipeline.Entry(slot.Names > 1 ? Linked(slot) with { Name = name } : slot.Entry.Name == name ? slot.Entry : slot.Entry with { Name = name });
                continue;
            }

            _counts = _counts with { Directories = _counts.Directories + 1 };
            TreeEntry made = Default(EntryKind.Directory, DirectoryMode) with { Name = name, Mtime = below!.Newest(), Ctime = below.Newest() };
            _pipeline.Begin((below.Entry ?? made) with { Name = name });
            Emit(below);
            _pipeline.End();
        }
    }

    private static TreeEntry Linked(SourceSlot slot) => slot.Entry with { LinkCount = slot.Names, Inode = slot.LinkNumber, Device = 1 };

    private void Count(SourceSlot slot)
    {
        bool isFile = slot.Entry.Kind == EntryKind.File;
        _counts = _counts with
        {
            Files = _counts.Files + (isFile ? 1 : 0),
            Others = _counts.Others + (isFile ? 0 : 1),
            FilesNew = _counts.FilesNew + (isFile && slot.IsNew ? 1 : 0),
            FilesUnchanged = _counts.FilesUnchanged + (isFile && slot.IsUnchanged ? 1 : 0),
            FilesChanged = _counts.FilesChanged + (isFile && !slot.IsNew && !slot.IsUnchanged ? 1 : 0),
        };
    }

    private TreeEntry Default(EntryKind kind, int mode) => new()
    {
        Name = [],
        Kind = kind,
        Mode = mode,
        Owner = new EntryOwner(0, 0, "", ""),
        Mtime = _now,
        Ctime = _now,
    };

    private TreeEntry? ParentFile(byte[][] parts) => _parent.Find(parts) is { Kind: EntryKind.File } file ? file : null;

    private object? Find(byte[][] parts)
    {
        object? found = _root;
        foreach (byte[] part in parts)
            found = (found as SourceDirectory)?.Find(part);
        return found;
    }

    private SourceDirectory DirectoryAt(byte[][] parts)
    {
        SourceDirectory directory = _root;
        foreach (byte[] part in parts)
        {
            object? found = directory.Find(part);
            if (found is not SourceDirectory below)
            {
                if (found is not null)
                    throw Twofold(parts);
                directory.Set(part, below = new SourceDirectory());
            }

            directory = below;
        }

        return directory;
    }

    private void Place(byte[][] parts, SourceSlot slot)
    {
        SourceDirectory directory = DirectoryAt(parts[..^1]);
        if (directory.Find(parts[^1]) is SourceDirectory)
            throw Twofold(parts);
        directory.Set(parts[^1], slot);
    }

    private static SourceException Twofold(byte[][] parts)
    {
        byte[] path = [.. parts.SelectMany(part => part.Prepend((byte)'/')).Skip(1)];
        return new SourceException($"the source gives {Text.PrintablePath.Of(path)}, or what it lies in, as a directory and as something else; no snapshot was made");
    }

    private static byte[][] Split(ReadOnlySpan<byte> path)
    {
        byte[][] parts = SelectedPaths.Split(path);
        bool isUsable = parts.Length > 0 && parts.Length <= Limits.TreeDepthMax && !path.Contains((byte)0)
            && parts.All(part => part.Length <= Limits.NameSizeMax && !part.AsSpan().SequenceEqual("."u8) && !part.AsSpan().SequenceEqual(".."u8));
        return isUsable ? parts : throw new SourceException($"the source has an entry {Text.PrintablePath.Of(path)}, which no snapshot can hold; no snapshot was made");
    }
}
