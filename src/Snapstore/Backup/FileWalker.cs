using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>Walks the selected paths in name order, merges them in step with the parent's tree, and emits what
/// changed; a directory that is wholly as in the parent is one event, and its tree is reused as it stands.</summary>
/// <remarks>One thread. Directories are opened relative to their parent and never through a symbolic link.</remarks>
internal sealed class FileWalker : IDisposable
{
    private readonly BackupPipeline _pipeline;
    private readonly FileSelection _selection;
    private readonly CancellationToken _cancel;
    private readonly TreeReader? _parentTrees;
    private readonly Snapshot? _parent;
    private readonly EntryCapture _capture;
    private readonly UnchangedFiles _unchanged;
    private readonly Stack<DirectoryFrame> _frames = new();
    private readonly PathBuffer _path = new();
    private readonly BackupProgress _progress;
    private WalkCounts _counts;
    private int _selectedFound;

    public FileWalker(Repository repository, FileSelection selection, BackupPipeline pipeline, Snapshot? parent, BackupProgress progress, CancellationToken cancel)
    {
        _progress = progress;
        _pipeline = pipeline;
        _selection = selection;
        _cancel = cancel;
        _parent = parent;
        _parentTrees = parent is null ? null : new TreeReader(repository);
        _capture = new EntryCapture();
        _unchanged = new UnchangedFiles(repository, selection, _parentTrees);
    }

    /// <summary>What was met.</summary>
    public SnapshotCounts Counts => new()
    {
        Files = _counts.Files,
        Directories = _counts.Directories,
        Others = _counts.Others,
        FilesNew = _counts.FilesNew,
        FilesChanged = _counts.FilesChanged,
        FilesUnchanged = _counts.FilesUnchanged,
        DirectoriesUnchanged = _counts.DirectoriesUnchanged,
    };

    /// <summary>The parent's root, where the walk found nothing changed and emitted nothing.</summary>
    public BlobId? UnchangedRoot { get; private set; }

    /// <summary>Walks all paths (normalized).</summary>
    /// <exception cref="SourceException">None of them exists.</exception>
    public void Walk(IReadOnlyList<byte[]> paths)
    {
        using DirectoryHandle root = DirectoryHandle.Open("/"u8);
        TreeEntry entry = _capture.Directory([], root, root.Stat(), null);
        TreeEntry? parent = _parent is null ? null : entry with { Tree = _parent.Manifest.Root };
        PathNode selected = PathNode.Of(paths);
        _selectedFound += selected.IsSelected ? 1 : 0;
        if (selected.IsSelected)
            WalkDirectory(root, entry, parent, root.Stat().Device);
        else
            WalkSelected(root, selected, entry, parent);
        if (_selectedFound == 0)
            throw new SourceException($"nothing to snapshot: {(_pipeline.Notes.Warnings.Count > 0 ? _pipeline.Notes.Warnings[0] : "no path exists")}");
    }

    public void Dispose() => _parentTrees?.Dispose();

    // A directory that is only on the way to selected ones: of its entries just those on the way are captured.
    private void WalkSelected(DirectoryHandle directory, PathNode node, TreeEntry entry, TreeEntry? parent)
    {
        using DirectoryFrame frame = Enter(entry, parent);
        foreach (PathNode child in node.Children)
        {
            using PathBuffer.Part part = _path.Enter(child.Name);
            if (!TryStat(directory, child.Name, out FileStat stat))
                continue;
            if (child.IsSelected)
                VisitSelected(directory, child.Name, stat);
            else
                WalkOnTheWay(child, stat);
        }

        Leave(frame);
    }

    private void VisitSelected(DirectoryHandle directory, byte[] name, in FileStat stat)
    {
        _selectedFound++;
        if (stat.Kind == FileKind.Symlink)
            _pipeline.Notes.Note(_path.Bytes, "is a symbolic link: the link is in the snapshot, not what it leads to");
        Visit(directory, name, stat, device: null);
    }

    private void WalkOnTheWay(PathNode child, in FileStat stat)
    {
        // The way to a selected path may lead through links: the user named it so.
        using DirectoryHandle? next = Attempt(() => DirectoryHandle.Open(_path.Bytes));
        if (next is null)
            return;
        TreeEntry entry = _capture.Directory(child.Name, next, stat.Kind == FileKind.Directory ? stat : next.Stat(), null);
        WalkSelected(next, child, entry, _frames.Peek().Match(child.Name));
    }

    private void Visit(DirectoryHandle directory, ReadOnlySpan<byte> name, in FileStat stat, ulong? device)
    {
        _cancel.ThrowIfCancellationRequested();
        bool isDirectory = stat.Kind == FileKind.Directory;
        if (_selection.Excludes.IsExcluded(_path.Bytes, isDirectory))
            return;
        TreeEntry? parent = _frames.Peek().Match(name);
        if (isDirectory)
            VisitDirectory(directory, name, stat, parent, device);
        else if (stat.Kind == FileKind.File)
            VisitFile(directory, name, stat, parent);
        else if (stat.Kind == FileKind.Socket)
            _pipeline.Notes.Note(_path.Bytes, "a socket, passed over");
        else
            VisitOther(directory, name, stat, parent);
    }

    private void VisitDirectory(DirectoryHandle directory, ReadOnlySpan<byte> name, in FileStat stat, TreeEntry? parent, ulong? device)
    {
        if (parent?.Kind != EntryKind.Directory)
            parent = null;
        byte[] nameBytes = name.ToArray();
        if (_frames.Count > Limits.TreeDepthMax)
        {
            _pipeline.Notes.LeaveOut(_path.Bytes, $"more than {Limits.TreeDepthMax} directories deep");
            return;
        }

        using DirectoryHandle? opened = Attempt(() => directory.OpenDirectory(nameBytes));
        if (opened is null)
            return;
        TreeEntry entry = _capture.Directory(nameBytes, opened, stat, parent);
        if (_selection.OneFileSystem && device is { } own && own != stat.Device)
            EmitEmptyDirectory(entry, parent);
        else
            WalkDirectory(opened, entry, parent, device ?? stat.Device);
    }

    private void EmitEmptyDirectory(TreeEntry entry, TreeEntry? parent)
    {
        using DirectoryFrame frame = Enter(entry, parent);
        Leave(frame);
    }

    private void WalkDirectory(DirectoryHandle directory, TreeEntry entry, TreeEntry? parent, ulong device)
    {
        using DirectoryNames? names = Attempt(directory.ReadNames);
        if (names is null)
            return;
        using DirectoryFrame frame = Enter(entry, parent);
        byte[]? tag = ExcludeTag.Find(_selection.Excludes, directory, names);
        for (int i = 0; i < names.Count; i++)
        {
            ReadOnlySpan<byte> name = names[i];
            if (tag is not null && !name.SequenceEqual(tag))
                continue;
            using PathBuffer.Part part = _path.Enter(name);
            if (TryStat(directory, name, out FileStat stat))
                Visit(directory, name, stat, device);
        }

        Leave(frame);
    }

    private void VisitFile(DirectoryHandle directory, ReadOnlySpan<byte> name, in FileStat stat, TreeEntry? parent)
    {
        if (parent?.Kind != EntryKind.File)
            parent = null;
        if (stat.Size > _selection.Excludes.LargerThan)
            return;
        bool isUnchanged = parent is not null && _unchanged.IsUnchanged(parent, stat);
        Count(isUnchanged, parent);
        if (isUnchanged)
            EmitUnchanged(directory, name, stat, parent!);
        else if (stat.Size == 0)
            EmitChanged(_capture.Entry(name, directory, stat, null));
        else
            EmitFile(directory, name, stat);
    }

    private void EmitUnchanged(DirectoryHandle directory, ReadOnlySpan<byte> name, in FileStat stat, TreeEntry parent)
    {
        TreeEntry entry = _capture.Entry(name, directory, stat, parent);
        _progress.Add(files: 1, stat.Size);
        _frames.Peek().Add(entry, isSame: ReferenceEquals(entry, parent));
    }

    private void EmitFile(DirectoryHandle directory, ReadOnlySpan<byte> name, in FileStat stat)
    {
        _frames.Peek().Open();
        TreeEntry entry = _capture.EntryWithoutAttributes(name, stat);
        bool mayHaveHoles = stat.Blocks * 512 < stat.Size && stat.Size > 4096;
        bool isSmall = stat.Size <= WalkBatch.BufferSize / 2;
        int offset = isSmall ? _pipeline.ReserveBuffer(stat.Size) : 0;
        FileStat expected = stat;
        directory.AddReference();
        FileJob job = new(() => DiskFileContent.Open(directory, entry.Name, expected), _path.ToArray(), stat.Size)
        {
            MayHaveHoles = mayHaveHoles,
            WantsAttributes = true,
            BufferOffset = offset,
            Pieces = isSmall ? null : _pipeline.NewPieceQueue(),
        };
        if (isSmall)
            _pipeline.File(entry, job);
        else
            _pipeline.Stream(entry, job);
    }

    private void VisitOther(DirectoryHandle directory, ReadOnlySpan<byte> name, in FileStat stat, TreeEntry? parent)
    {
        _counts.Others++;
        byte[] nameBytes = name.ToArray();
        FileStat copy = stat;
        if (Attempt(() => _capture.Entry(nameBytes, directory, copy, parent?.Kind == (EntryKind)copy.Kind ? parent : null)) is not { } entry)
            return;
        _frames.Peek().Add(entry, isSame: ReferenceEquals(entry, parent));
    }

    private void EmitChanged(TreeEntry entry)
    {
        _progress.Add(files: 1, entry.Size);
        _frames.Peek().Add(entry, isSame: false);
    }

    private DirectoryFrame Enter(TreeEntry entry, TreeEntry? parent)
    {
        _counts.Directories++;
        ParentEntries entries = new(_parentTrees, parent, _path, _pipeline.Notes);
        DirectoryFrame frame = new(_pipeline, _frames.Count > 0 ? _frames.Peek() : null, entry, parent, entries);
        _frames.Push(frame);
        return frame;
    }

    private void Leave(DirectoryFrame frame)
    {
        _frames.Pop();
        if (!frame.TryReuse(out TreeEntry? entry, out bool isSame))
            return;
        if (frame.Above is { } above)
            above.Add(entry, isSame);
        else
            UnchangedRoot = entry.Tree;
        _counts.DirectoriesUnchanged++;
    }

    private void Count(bool isUnchanged, TreeEntry? parent)
    {
        _counts.Files++;
        if (isUnchanged)
            _counts.FilesUnchanged++;
        else if (parent is null)
            _counts.FilesNew++;
        else
            _counts.FilesChanged++;
    }

    // A name that vanished between the listing and the look is reported like any other that cannot be captured.
    private bool TryStat(DirectoryHandle directory, ReadOnlySpan<byte> name, out FileStat stat)
    {
        if (name.Length > Limits.NameSizeMax)
        {
            // FAT, NTFS and SMB have such names; a tree does not, and no other file system would take them back.
            stat = default;
            _pipeline.Notes.LeaveOut(_path.Bytes, $"its name is longer than {Limits.NameSizeMax} bytes");
            return false;
        }

        if (directory.TryStat(name, out stat))
            return true;
        _pipeline.Notes.LeaveOut(_path.Bytes, PosixException.Last("stat", name).Message);
        return false;
    }

    private T? Attempt<T>(Func<T> open)
        where T : class
    {
        try
        {
            return open();
        }
        catch (PosixException e)
        {
            _pipeline.Notes.LeaveOut(_path.Bytes, e.Message);
            return null;
        }
    }

    private struct WalkCounts
    {
        public long Files, Directories, Others, FilesNew, FilesChanged, FilesUnchanged, DirectoriesUnchanged;
    }
}
