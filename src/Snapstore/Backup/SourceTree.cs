using Snapstore.Formats;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>The tree of a source in the making: contents are stored in the order they come, the tree is built at the end, for
/// names come in any order.</summary>
/// <remarks>Memory: the entries, some 300 bytes each; contents never.</remarks>
internal sealed class SourceTree : ISourceTree
{
    private const int FileMode = 0x180, DirectoryMode = 0x1c0; // 0600, 0700: who may read it is not known

    private readonly BackupPipeline _pipeline;
    private readonly ParentPaths _parent;
    private readonly BackupNotes _notes;
    private readonly EntryTime _now;
    private SourceDirectory _root;
    private long _files, _directories, _others, _filesNew, _filesUnchanged;

    public SourceTree(BackupPipeline pipeline, ParentPaths parent, BackupNotes notes, TimeProvider time)
    {
        _pipeline = pipeline;
        _parent = parent;
        _notes = notes;
        long now = UnixTime.ToNanoseconds(time.GetUtcNow());
        _now = new EntryTime(now / 1_000_000_000, (int)(now % 1_000_000_000));
        _root = new SourceDirectory();
    }

    /// <summary>What was put; complete once the pipeline has finished.</summary>
    public SnapshotCounts Counts => new()
    {
        Files = _files,
        Directories = _directories,
        Others = _others,
        FilesNew = _filesNew,
        FilesUnchanged = Volatile.Read(ref _filesUnchanged),
        FilesChanged = _files - _filesNew - Volatile.Read(ref _filesUnchanged),
    };

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> path, TreeEntry entry)
    {
        byte[][] parts = Split(path);
        (SourceDirectory directory, byte[] name) = Place(parts);
        if (entry.Kind == EntryKind.Directory)
        {
            directory.Directory(name).Entry = entry with { Name = name };
            return;
        }

        if (entry.Kind == EntryKind.File)
            CountFile(_parent.Find(parts));
        else
            _others++;
        directory.Set(name, entry with { Name = name });
    }

    /// <inheritdoc/>
    public void Put(ReadOnlySpan<byte> path, SourceContent content)
    {
        byte[][] parts = Split(path);
        (SourceDirectory directory, byte[] name) = Place(parts);
        TreeEntry? parent = _parent.Find(parts) is { Kind: EntryKind.File } file ? file : null;
        CountFile(parent);
        TreeEntry entry = (content.Entry ?? Default(EntryKind.File, FileMode)) with { Name = name };
        bool keepsTime = content.Entry is null;
        FileJob job = new(new SourceOpener(content.Open), path.ToArray(), size: -1)
        {
            Pieces = _pipeline.NewPieceQueue(),
            Base = parent,
            IsPaged = content.IsPaged,
            Stored = (stored, size) => directory.Set(name, Complete(entry, stored, size, parent, keepsTime)),
        };
        _pipeline.Stream(entry, job);
    }

    /// <inheritdoc/>
    public void WaitUntilRead()
    {
        _pipeline.WaitUntilBuilt();
        ThrowIfLeftOut();
    }

    /// <inheritdoc/>
    public void StartOver()
    {
        _root = new SourceDirectory();
        _files = _directories = _others = _filesNew = _filesUnchanged = 0;
    }

    /// <inheritdoc/>
    public void Warn(ReadOnlySpan<byte> path, string problem) => _notes.Warn(path, problem);

    /// <inheritdoc/>
    public void Note(ReadOnlySpan<byte> path, string text) => _notes.Note(path, text);

    /// <summary>Waits for the contents and builds the tree.</summary>
    public void Finish()
    {
        WaitUntilRead();
        _pipeline.Begin(Default(EntryKind.Directory, DirectoryMode) with { Mtime = default, Ctime = default });
        Emit(_root);
        _pipeline.End();
    }

    private void ThrowIfLeftOut()
    {
        if (_notes.FilesLeftOut > 0)
            throw new SourceException($"{_notes.Warnings[0]}; no snapshot was made");
    }

    private void CountFile(TreeEntry? parent)
    {
        _files++;
        if (parent is null)
            _filesNew++;
    }

    // Runs on the tree stage's thread; the table is read again only after all contents are stored.
    private TreeEntry Complete(TreeEntry entry, FileContent content, long size, TreeEntry? parent, bool keepsTime)
    {
        bool isSame = parent is not null && parent.Size == size && parent.Content.IsSameAs(content);
        if (isSame)
            Interlocked.Increment(ref _filesUnchanged);
        EntryTime mtime = isSame && keepsTime ? parent!.Mtime : entry.Mtime;
        EntryTime ctime = isSame && keepsTime ? parent!.Ctime : entry.Ctime;
        return entry with { Content = content, Size = size, Mtime = mtime, Ctime = ctime };
    }

    private void Emit(SourceDirectory directory)
    {
        foreach ((byte[] name, SourceDirectory? below, TreeEntry? entry) in directory.InOrder())
        {
            if (below is null)
            {
                _pipeline.Entry(entry!);
                continue;
            }

            _directories++;
            TreeEntry made = Default(EntryKind.Directory, DirectoryMode) with { Name = name, Mtime = below.Newest(), Ctime = below.Newest() };
            _pipeline.Begin(below.Entry ?? made);
            Emit(below);
            _pipeline.End();
        }
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

    private (SourceDirectory Directory, byte[] Name) Place(byte[][] parts)
    {
        SourceDirectory directory = _root;
        foreach (byte[] part in parts[..^1])
            directory = directory.Directory(part);
        return (directory, parts[^1]);
    }

    private static byte[][] Split(ReadOnlySpan<byte> path)
    {
        byte[][] parts = SelectedPaths.Split(path);
        bool isUsable = parts.Length > 0 && parts.Length <= Limits.TreeDepthMax && !path.Contains((byte)0)
            && parts.All(part => part.Length <= Limits.NameSizeMax && !part.AsSpan().SequenceEqual("."u8) && !part.AsSpan().SequenceEqual(".."u8));
        return isUsable ? parts : throw new SourceException($"the source has an entry {Text.PrintablePath.Of(path)}, which no snapshot can hold; no snapshot was made");
    }

    // A stream has no offsets to seek to; it is read once, front to back.
    private sealed class SourceOpener(Func<Stream> open) : IFileOpener
    {
        public IFileContent Open() => new StreamContent(open());

        public void Dispose()
        {
        }
    }
}
