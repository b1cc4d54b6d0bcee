using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>Merges a scan, in step, with the parent's tree and emits what changed; a directory that is wholly as in the
/// parent is one event, and its tree is reused as it stands.</summary>
/// <remarks>One thread. Directories are opened only where something in them is to be read.</remarks>
internal sealed class FileMerge : IDisposable
{
    private readonly BackupPipeline _pipeline;
    private readonly BackupNotes _notes;
    private readonly RunProgress _progress;
    private readonly CancellationToken _cancel;
    private readonly TreeReader? _parentTrees;
    private readonly Snapshot? _parent;
    private readonly EntryCapture _capture = new();
    private readonly UnchangedFiles _unchanged;
    private readonly DatabaseVisits _databases;
    private readonly Stack<DirectoryFrame> _frames = new();
    private readonly bool _isContentCompared;
    private readonly PathBuffer _path = new();
    private WalkCounts _counts;

    public FileMerge(
        Repository repository, FileSelection selection, BackupPipeline pipeline, Snapshot? parent, BackupNotes notes, RunProgress progress, CancellationToken cancel)
    {
        _pipeline = pipeline;
        _notes = notes;
        _progress = progress;
        _cancel = cancel;
        _parent = parent;
        _parentTrees = parent is null ? null : new TreeReader(repository);
        _isContentCompared = selection.Checksum;
        _databases = new DatabaseVisits(selection.Databases, notes);
        _unchanged = new UnchangedFiles(repository, selection, _parentTrees);
    }

    /// <summary>What was met; complete once the pipeline has finished.</summary>
    public SnapshotCounts Counts => new()
    {
        Files = _counts.Files,
        Directories = _counts.Directories,
        Others = _counts.Others,
        FilesNew = _counts.FilesNew,
        FilesChanged = _counts.FilesChanged + _pipeline.FilesFoundChanged,
        FilesUnchanged = _counts.FilesUnchanged - _pipeline.FilesFoundChanged,
        DirectoriesUnchanged = _counts.DirectoriesUnchanged,
    };

    /// <summary>The parent's root, where the scan found nothing changed and nothing was emitted.</summary>
    public BlobId? UnchangedRoot { get; private set; }

    /// <summary>Merges what comes next of the scan.</summary>
    public void Consume(ScanBatch batch)
    {
        _cancel.ThrowIfCancellationRequested();
        foreach (ref readonly ScanItem item in batch.Items)
        {
            if (item.Kind == ScanKind.Leave)
                Leave();
            else if (item.Kind == ScanKind.Entry)
                Visit(batch.NameOf(item), item.Stat);
            else
                Enter(batch.NameOf(item), item.Stat, item.Kind == ScanKind.EnterOnTheWay);
        }
    }

    /// <summary>Says what is to be said at the end of the scan.</summary>
    public void Finish() => _databases.Finish();

    public void Dispose()
    {
        while (_frames.TryPop(out DirectoryFrame? frame))
            frame.Dispose();
        _parentTrees?.Dispose();
    }

    private void Enter(ReadOnlySpan<byte> name, in FileStat stat, bool isOnTheWay)
    {
        _counts.Directories++;
        DirectoryFrame? above = _frames.Count > 0 ? _frames.Peek() : null;
        TreeEntry? parent = above?.Match(name);
        if (parent?.Kind != EntryKind.Directory)
            parent = null;
        int lengthBefore = _path.Length;
        if (above is not null)
            _path.Append(name);
        byte[] nameBytes = parent?.Name ?? name.ToArray();
        DirectoryOpener opener = new(above?.Opener, nameBytes, isOnTheWay ? _path.ToArray() : null);
        TreeEntry entry = DirectoryEntry(nameBytes, opener, stat, parent);
        // Of a directory that is only on the way, what others do in it is no change: its times stay those of the parent.
        if (isOnTheWay && parent is not null && IsSameButForTimes(parent, entry))
            entry = parent;
        if (above is null && _parent is not null)
            parent = entry with { Tree = _parent.Manifest.Root };
        ParentEntries entries = new(_parentTrees, parent, _path, _notes);
        _frames.Push(new DirectoryFrame(_pipeline, above, entry, parent, entries, opener, lengthBefore));
    }

    private static bool IsSameButForTimes(TreeEntry a, TreeEntry b) =>
        a.Mode == b.Mode
        && a.Owner == b.Owner
        && a.Attributes.Length == b.Attributes.Length
        && a.Attributes.Zip(b.Attributes).All(pair =>
            pair.First.Name.AsSpan().SequenceEqual(pair.Second.Name) && pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value));

    private TreeEntry DirectoryEntry(byte[] name, DirectoryOpener opener, in FileStat stat, TreeEntry? parent)
    {
        try
        {
            return _capture.Directory(name, opener, stat, parent);
        }
        catch (PosixException e)
        {
            _notes.Warn(_path.Bytes, $"extended attributes not captured: {e.Message}");
            return _capture.EntryWithoutAttributes(name, stat);
        }
    }

    private void Leave()
    {
        using DirectoryFrame frame = _frames.Pop();
        _path.ReturnTo(frame.PathLengthBefore);
        if (!frame.TryReuse(out TreeEntry? entry, out bool isSame))
            return;
        if (frame.Above is { } above)
            above.Add(entry, isSame);
        else
            UnchangedRoot = entry.Tree;
        _counts.DirectoriesUnchanged++;
    }

    private void Visit(ReadOnlySpan<byte> name, in FileStat stat)
    {
        int lengthBefore = _path.Length;
        _path.Append(name);
        TreeEntry? parent = _frames.Peek().Match(name);
        if (parent is not null && parent.Kind != (EntryKind)stat.Kind)
            parent = null;
        try
        {
            if (stat.Kind == FileKind.File)
                VisitFile(name, stat, parent);
            else
                VisitOther(name, stat, parent);
        }
        catch (PosixException e)
        {
            _notes.LeaveOut(_path.Bytes, e.Message);
        }

        _path.ReturnTo(lengthBefore);
    }

    private void VisitFile(ReadOnlySpan<byte> name, in FileStat found, TreeEntry? parent)
    {
        DirectoryFrame frame = _frames.Peek();
        if (_databases.IsPart(frame, name))
            return;
        FileStat stat = _databases.WithLog(frame, name, found, parent);
        bool isUnchanged = parent is not null && _unchanged.LooksUnchanged(parent, stat);
        _counts.Files++;
        if (isUnchanged)
            _counts.FilesUnchanged++;
        else if (parent is null)
            _counts.FilesNew++;
        else
            _counts.FilesChanged++;

        if (stat.Size == 0 || (isUnchanged && !_isContentCompared))
        {
            AddWithoutReading(name, stat, isUnchanged ? parent : null);
            _databases.Pass(frame, name, stat);
        }
        else if (_databases.TryOpener(frame, name.ToArray(), _path.ToArray(), stat) is { } opener)
        {
            EmitDatabase(name, stat, opener, parent, isUnchanged);
        }
        else
        {
            EmitFile(name, found, parent, isUnchanged);
        }
    }

    private void AddWithoutReading(ReadOnlySpan<byte> name, in FileStat stat, TreeEntry? parent)
    {
        DirectoryFrame frame = _frames.Peek();
        TreeEntry entry = _capture.Entry(name, frame.Opener, stat, parent);
        _progress.Add(files: 1, stat.Size);
        frame.Add(entry, isSame: ReferenceEquals(entry, parent));
    }

    private void VisitOther(ReadOnlySpan<byte> name, in FileStat stat, TreeEntry? parent)
    {
        _counts.Others++;
        DirectoryFrame frame = _frames.Peek();
        TreeEntry entry = _capture.Entry(name, frame.Opener, stat, parent);
        frame.Add(entry, isSame: ReferenceEquals(entry, parent));
    }

    private void EmitFile(ReadOnlySpan<byte> name, in FileStat stat, TreeEntry? parent, bool isUnchanged)
    {
        DirectoryFrame frame = _frames.Peek();
        DirectoryHandle directory = frame.Opener.Open();
        frame.Emit();
        TreeEntry entry = _capture.EntryWithoutAttributes(name, stat);
        bool isSmall = stat.Size <= WalkBatch.BufferSize / 2;
        int offset = isSmall ? _pipeline.ReserveBuffer(stat.Size) : 0;
        FileJob job = new(new DiskFileOpener(directory.AddReference(), entry.Name, stat), _path.ToArray(), stat.Size)
        {
            MayHaveHoles = stat.Blocks * 512 < stat.Size && stat.Size > 4096,
            WantsAttributes = true,
            Compared = isUnchanged ? parent : null,
            Base = parent,
            BufferOffset = offset,
            Pieces = isSmall ? null : _pipeline.NewPieceQueue(),
        };
        if (isSmall)
            _pipeline.File(entry, job);
        else
            _pipeline.Stream(entry, job);
    }

    private void EmitDatabase(ReadOnlySpan<byte> name, in FileStat stat, IFileOpener opener, TreeEntry? parent, bool isUnchanged)
    {
        _frames.Peek().Emit();
        FileJob job = new(opener, _path.ToArray(), size: -1)
        {
            WantsAttributes = true,
            Compared = isUnchanged ? parent : null,
            Base = parent,
            IsPaged = true,
            Pieces = _pipeline.NewPieceQueue(),
        };
        _pipeline.Stream(_capture.EntryWithoutAttributes(name, stat), job);
    }

    private struct WalkCounts
    {
        public long Files, Directories, Others, FilesNew, FilesChanged, FilesUnchanged, DirectoriesUnchanged;
    }
}
