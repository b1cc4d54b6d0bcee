using Snapstore.Posix;

namespace Snapstore.Sources;

/// <summary>What a scan has to say about single paths.</summary>
internal interface IScanNotes
{
    /// <summary>Something is not captured.</summary>
    void LeaveOut(ReadOnlySpan<byte> path, string problem);

    /// <summary>Something worth knowing.</summary>
    void Note(ReadOnlySpan<byte> path, string text);
}

/// <summary>How a scan selects.</summary>
/// <param name="Paths">Absolute paths, sorted by components, none inside another.</param>
/// <param name="Excludes">What to leave out.</param>
/// <param name="OneFileSystem">True stays on the file systems that the paths are on.</param>
/// <param name="NoticesDatabases">True where databases are captured with what is in the files beside them.</param>
internal sealed record ScanSelection(IReadOnlyList<byte[]> Paths, ExcludeRules Excludes, bool OneFileSystem, bool NoticesDatabases = false);

/// <summary>Reads directories and metadata of everything selected, in name order, and passes it on in batches. Needs no
/// keys, so it runs ahead while a password is stretched, and beside all else on another processor.</summary>
/// <remarks>One thread. No directory stays open behind it: whoever wants content opens it again. Directories are opened
/// relative to their parent and never through a symbolic link, but for those on the way that the user named.</remarks>
internal sealed class FileScanner(ScanSelection selection, IScanNotes notes, Action<ScanBatch> pass, CancellationToken cancel)
{
    private readonly PathBuffer _path = new();
    private ScanBatch _batch = new();
    private int _depth;
    private int _selectedFound;

    /// <summary>Scans all selected paths; the first item enters "/", the last leaves it.</summary>
    /// <exception cref="SourceException">None of the paths exists.</exception>
    public void Scan()
    {
        PathNode root = PathNode.Of(selection.Paths);
        using DirectoryHandle handle = DirectoryHandle.Open("/"u8);
        FileStat stat = handle.Stat();
        Emit(ScanKind.EnterOnTheWay, [], stat);
        if (root.IsSelected)
        {
            _selectedFound++;
            ScanEntries(handle, stat.Device);
        }
        else
        {
            ScanOnTheWay(handle, root);
        }

        Emit(ScanKind.Leave, [], default);
        if (_selectedFound == 0)
            throw new SourceException($"nothing to snapshot: {Text.PrintablePath.Of(selection.Paths[0])} does not exist (or cannot be reached)");
        pass(_batch);
    }

    private void ScanOnTheWay(DirectoryHandle directory, PathNode node)
    {
        foreach (PathNode child in node.Children)
        {
            using PathBuffer.Part part = _path.Enter(child.Name);
            if (!TryStat(directory, child.Name, out FileStat stat))
                continue;
            if (child.IsSelected)
                VisitSelected(directory, child.Name, stat);
            else
                EnterOnTheWay(child);
        }
    }

    // The way to a selected path may lead through links: the user named it so.
    private void EnterOnTheWay(PathNode node)
    {
        if (TryOpen(() => DirectoryHandle.Open(_path.Bytes)) is not { } opened)
            return;
        using DirectoryHandle directory = opened;
        Emit(ScanKind.EnterOnTheWay, node.Name, directory.Stat());
        ScanOnTheWay(directory, node);
        Emit(ScanKind.Leave, [], default);
    }

    private void VisitSelected(DirectoryHandle directory, byte[] name, in FileStat stat)
    {
        _selectedFound++;
        if (stat.Kind == FileKind.Symlink)
            notes.Note(_path.Bytes, "is a symbolic link: the link is in the snapshot, not what it leads to");
        Pass(directory, name, stat, stat.Device);
    }

    // What the user named is taken whatever the patterns say; they decide about what is below it.
    private void Visit(DirectoryHandle directory, ReadOnlySpan<byte> name, in FileStat stat, ulong device)
    {
        if (!selection.Excludes.IsExcluded(_path.Bytes, stat.Kind == FileKind.Directory))
            Pass(directory, name, stat, device);
    }

    private void Pass(DirectoryHandle directory, ReadOnlySpan<byte> name, in FileStat stat, ulong device)
    {
        if (stat.Kind == FileKind.Directory)
            VisitDirectory(directory, name, stat, device);
        else if (stat.Kind == FileKind.Socket)
            notes.Note(_path.Bytes, "a socket, passed over");
        else if (stat.Kind != FileKind.File || stat.Size <= selection.Excludes.LargerThan)
            Emit(ScanKind.Entry, name, stat);
    }

    private void VisitDirectory(DirectoryHandle directory, ReadOnlySpan<byte> name, in FileStat stat, ulong device)
    {
        if (_depth >= Limits.TreeDepthMax)
        {
            notes.LeaveOut(_path.Bytes, $"more than {Limits.TreeDepthMax} directories deep");
            return;
        }

        byte[] nameBytes = name.ToArray();
        if (TryOpen(() => directory.OpenDirectory(nameBytes)) is not { } opened)
            return;
        using DirectoryHandle handle = opened;
        Emit(ScanKind.Enter, name, stat);
        // A mount point on another file system is captured as the empty directory that it is without the mount.
        if (!selection.OneFileSystem || stat.Device == device)
            ScanEntries(handle, device);
        Emit(ScanKind.Leave, [], default);
    }

    private void ScanEntries(DirectoryHandle directory, ulong device)
    {
        if (TryRead(directory) is not { } names)
            return;
        using (names)
        {
            _depth++;
            byte[]? tag = ExcludeTag.Find(selection.Excludes, directory, names);
            for (int i = 0; i < names.Count; i++)
            {
                ReadOnlySpan<byte> name = names[i];
                if (tag is not null && !name.SequenceEqual(tag))
                    continue;
                using PathBuffer.Part part = _path.Enter(name);
                if (TryStat(directory, name, out FileStat stat))
                    Visit(directory, name, stat, device);
            }

            _depth--;
        }
    }

    private void Emit(ScanKind kind, ReadOnlySpan<byte> name, in FileStat stat)
    {
        _batch.Add(kind, name, stat);
        if (!_batch.IsFull)
            return;
        cancel.ThrowIfCancellationRequested();
        ScanBatch full = _batch;
        _batch = new ScanBatch();
        pass(full);
    }

    // A name that vanished between the listing and the look is reported like any other that cannot be captured.
    private bool TryStat(DirectoryHandle directory, ReadOnlySpan<byte> name, out FileStat stat)
    {
        if (name.Length > Limits.NameSizeMax)
        {
            // FAT, NTFS and SMB have such names; a tree does not, and no other file system would take them back.
            stat = default;
            notes.LeaveOut(_path.Bytes, $"its name is longer than {Limits.NameSizeMax} bytes");
            return false;
        }

        if (directory.TryStat(name, out stat))
            return true;
        PosixException failure = PosixException.Last("stat", name);
        // A journal or log comes and goes with every transaction; what was in it is in the database.
        bool isMissed = failure.Error != Errno.NoEntry || !selection.NoticesDatabases || !DatabaseFiles.IsCompanion(name);
        if (isMissed)
            notes.LeaveOut(_path.Bytes, failure.Message);
        return false;
    }

    private DirectoryNames? TryRead(DirectoryHandle directory)
    {
        try
        {
            return directory.ReadNames();
        }
        catch (PosixException e)
        {
            notes.LeaveOut(_path.Bytes, $"its entries: {e.Message}");
            return null;
        }
    }

    private DirectoryHandle? TryOpen(Func<DirectoryHandle> open)
    {
        try
        {
            return open();
        }
        catch (PosixException e)
        {
            notes.LeaveOut(_path.Bytes, e.Message);
            return null;
        }
    }
}
