using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Restore;

/// <summary>Walks the snapshot's tree and the target side by side: makes directories, links and devices, decides for each
/// file whether it is written, and plans its content. One thread.</summary>
/// <remarks>All names are used relative to an open directory that was itself opened without following links, so nothing
/// outside the target can be reached, whatever the snapshot or the target holds.</remarks>
internal sealed class RestoreWalk(RestoreRun run, RestorePlan plan) : IDisposable
{
    private const int PrivateMode = 0x1c0; // 0700 until everything in it is done

    private readonly TreeReader _trees = new(run.Repository);
    private readonly PathBuffer _path = new(run.PathOfTarget);
    private readonly Dictionary<(ulong Device, ulong Inode), LinkGroup> _links = [];
    private int _depth;
    private BlobId? _tree; // of the directory that is being walked

    /// <summary>Restores the entries of a tree into the target itself.</summary>
    public void Walk(BlobId tree, TreeEntry? directory, bool isNew)
    {
        DirectoryTask root = new(run.Target.AddReference(), null, directory, "/"u8.ToArray(), isNew, run);
        WalkDirectory(tree, root);
        plan.Flush();
    }

    /// <summary>Restores a single entry into the target.</summary>
    public void WalkSingle(TreeEntry entry, bool isNew)
    {
        DirectoryTask root = new(run.Target.AddReference(), null, null, "/"u8.ToArray(), isNew, run);
        using (_path.Enter(entry.Name))
            Visit(entry, root);
        root.Done();
        plan.Flush();
    }

    public void Dispose() => _trees.Dispose();

    private void WalkDirectory(BlobId tree, DirectoryTask task)
    {
        using DirectoryNames? present = run.Options.Delete && !task.IsNew ? task.Handle.ReadNames() : null;
        ExtraNames? extra = present is null ? null : new ExtraNames(present);
        BlobId? outer = _tree;
        _tree = tree;
        try
        {
            foreach (TreeEntry entry in _trees.Entries(tree, Text.PrintablePath.Of(_path.Bytes)))
            {
                run.Cancel.ThrowIfCancellationRequested();
                extra?.Meet(entry.Name);
                using PathBuffer.Part part = _path.Enter(entry.Name);
                Visit(entry, task);
            }

            if (extra is not null)
                DeleteExtra(task, extra);
        }
        catch (Exception e) when (e is CorruptDataException or Storage.ObjectMissingException)
        {
            // The rest of this directory is lost; what lies elsewhere is not. Nothing is deleted on the word of a damaged tree.
            run.Tally.Damage(_path.Bytes, e.Message);
        }

        _tree = outer;
        task.Done();
    }

    private void Visit(TreeEntry entry, DirectoryTask task)
    {
        bool isDirectory = entry.Kind == EntryKind.Directory;
        if (run.Options.Excludes.IsExcluded(_path.Bytes, isDirectory))
            return;
        bool isIncluded = !run.Options.HasIncludes || _includedDepth <= _depth || run.Options.Includes.Matches(_path.Bytes, isDirectory);
        if (!isIncluded && !(isDirectory && run.Options.Includes.MayMatchBelow(_path.Bytes)))
            return;
        try
        {
            if (isDirectory)
                VisitDirectory(entry, task, isIncluded);
            else if (entry.Kind == EntryKind.File)
                VisitFile(entry, task);
            else
                VisitOther(entry, task);
        }
        catch (PosixException e)
        {
            RestoreRun.ThrowIfTargetFailed(e);
            run.Tally.Warn(_path.Bytes, e.Message);
        }
    }

    // Below a directory that an include names, everything is included.
    private int _includedDepth = int.MaxValue;

    private void VisitDirectory(TreeEntry entry, DirectoryTask above, bool isIncluded)
    {
        if (_depth >= Limits.TreeDepthMax)
        {
            run.Tally.Damage(_path.Bytes, $"more than {Limits.TreeDepthMax} directories deep; what is below was not restored");
            return;
        }

        if (run.Options.DryRun)
        {
            run.Tally.MadeDirectory();
            DescendDry(entry, above, isIncluded);
            return;
        }

        (DirectoryHandle? handle, bool isNew) = OpenOrMake(entry, above);
        if (handle is null)
            return;
        plan.AddDirectory();
        DirectoryTask task = new(handle, above, isIncluded ? entry : null, _path.ToArray(), isNew, run);
        Descend(entry, task, isIncluded);
    }

    private void DescendDry(TreeEntry entry, DirectoryTask above, bool isIncluded)
    {
        DirectoryHandle? handle = TryOpen(above, entry.Name);
        DirectoryTask task = new(handle ?? above.Handle.AddReference(), above, null, [], isNew: handle is null || above.IsNew, run);
        Descend(entry, task, isIncluded);
    }

    private void Descend(TreeEntry entry, DirectoryTask task, bool isIncluded)
    {
        int outer = _includedDepth;
        _depth++;
        if (isIncluded)
            _includedDepth = Math.Min(_includedDepth, _depth);
        WalkDirectory(entry.Tree, task);
        _depth--;
        _includedDepth = outer;
    }

    private static DirectoryHandle? TryOpen(DirectoryTask above, byte[] name)
    {
        try
        {
            return above.IsNew ? null : above.Handle.OpenDirectory(name);
        }
        catch (PosixException)
        {
            return null;
        }
    }

    private (DirectoryHandle? Handle, bool IsNew) OpenOrMake(TreeEntry entry, DirectoryTask above)
    {
        if (!TryStat(above, entry.Name, out FileStat found))
        {
            above.Handle.MakeDirectory(entry.Name, PrivateMode);
            return (above.Handle.OpenDirectory(entry.Name), true);
        }

        if (found.Kind == FileKind.Directory)
            return (above.Handle.OpenDirectory(entry.Name), false);
        if (!ClearWay(above, entry.Name, found))
            return (null, false);
        above.Handle.MakeDirectory(entry.Name, PrivateMode);
        return (above.Handle.OpenDirectory(entry.Name), true);
    }

    private void VisitFile(TreeEntry entry, DirectoryTask task)
    {
        bool isThere = TryStat(task, entry.Name, out FileStat found);
        if (isThere && run.Options.Overwrite != OverwritePolicy.IfChanged && IsKept(entry, found))
        {
            Keep(entry, task, found);
            return;
        }

        if (!task.IsNew)
            WarnOfLogs(entry, task);
        if (entry.IsHardLink && TryLink(entry, task, isThere, found))
            return;
        // A link that could not be made has cleared its way.
        isThere = TryStat(task, entry.Name, out found);
        if (isThere && IsKept(entry, found))
        {
            Keep(entry, task, found);
            return;
        }

        if (run.Options.DryRun)
        {
            if (entry.IsHardLink)
                _links[(entry.Device, entry.Inode)] = new LinkGroup(entry, null, null);
            run.Tally.WroteFile(entry.Size);
            run.Progress.Add(1, entry.Size);
            return;
        }

        if (isThere && found.Kind == FileKind.Directory && !ClearWay(task, entry.Name, found))
            return;
        Write(entry, task, replaces: isThere && found.Kind != FileKind.Directory);
    }

    // Those that the snapshot has itself come in their turn, and those that are extra go where extras are deleted.
    private void WarnOfLogs(TreeEntry entry, DirectoryTask task)
    {
        foreach (byte[] log in StaleLogs.Beside(task.Handle, entry.Name, entry.Size))
        {
            bool isSettled = _tree is { } tree && (run.Options.Delete || _trees.Find(tree, log, "the snapshot") is not null);
            if (!isSettled)
                run.Tally.Warn(_path.Bytes, $"beside it lies {Text.PrintablePath.Of(log)}, which is not of the restored database and would be applied to it; remove that before the database is opened");
        }
    }

    private void Write(TreeEntry entry, DirectoryTask task, bool replaces)
    {
        task.AddPending();
        FileTask file = new(task, entry, _path.ToArray(), replaces, run);
        if (entry.IsHardLink)
            _links[(entry.Device, entry.Inode)] = new LinkGroup(entry, file, null);
        if (entry.Content.Items is null && entry.Content.List is null)
            plan.AddInline(file);
        else
            plan.Add(file, _trees.Items(entry.Content, entry.Size, Text.PrintablePath.Of(_path.Bytes)));
    }

    private void Keep(TreeEntry entry, DirectoryTask task, in FileStat found)
    {
        run.Tally.KeptFile();
        run.Progress.Add(1, entry.Size);
        // A file that stays as it is by the user's wish is not the snapshot's: nothing is linked to it.
        if (entry.IsHardLink && run.Options.Overwrite == OverwritePolicy.IfChanged)
            _links[(entry.Device, entry.Inode)] = new LinkGroup(entry, null, _path.ToArray());
        bool isSame = found.Mode == entry.Mode && found.Uid == entry.Owner.Uid && found.Gid == entry.Owner.Gid
            && found.MtimeSeconds == entry.Mtime.Seconds && found.MtimeNanoseconds == entry.Mtime.Nanoseconds;
        if (run.Options.DryRun || run.Options.Overwrite is OverwritePolicy.Never or OverwritePolicy.IfNewer || (isSame && entry.Attributes.Length == 0))
            return;
        using FileHandle file = task.Handle.OpenForReading(entry.Name);
        EntryMetadata.Apply(file, entry, _path.ToArray(), run.Tally);
    }

    private bool IsKept(TreeEntry entry, in FileStat found) => run.Options.Overwrite switch
    {
        OverwritePolicy.Never => true,
        OverwritePolicy.IfNewer => new EntryTime(found.MtimeSeconds, found.MtimeNanoseconds).CompareTo(entry.Mtime) >= 0,
        OverwritePolicy.IfChanged => found.Kind == FileKind.File && found.Size == entry.Size
            && found.MtimeSeconds == entry.Mtime.Seconds && found.MtimeNanoseconds == entry.Mtime.Nanoseconds,
        _ => false,
    };

    // The first name of a file is restored with its content, each later one as a link to it. Names that claim to be one
    // file and are not, are not linked.
    private bool TryLink(TreeEntry entry, DirectoryTask task, bool isThere, in FileStat found)
    {
        if (!_links.TryGetValue((entry.Device, entry.Inode), out LinkGroup? group) || !group.IsSameFile(entry))
            return false;

        if (run.Options.DryRun)
        {
            run.Tally.MadeOther();
            return true;
        }

        if (isThere && !ClearWay(task, entry.Name, found))
            return true;
        if (!TryLink(group, task, entry.Name))
            return false;
        run.Tally.MadeOther();
        run.Progress.Add(1, entry.Size);
        return true;
    }

    private bool TryLink(LinkGroup group, DirectoryTask task, byte[] name)
    {
        try
        {
            if (group.File is { } file)
                return file.TryLink(task, name, _path.ToArray());
            using DirectoryHandle directory = run.OpenDirectoryOf(group.Kept);
            task.Handle.MakeHardLink(directory, group.Kept.AsSpan(group.Kept.AsSpan().LastIndexOf((byte)'/') + 1), name);
            if (task.Handle.Stat(name).Kind == (FileKind)group.First.Kind)
                return true;
            task.Handle.Remove(name, isDirectory: false);
            return false;
        }
        catch (PosixException e)
        {
            // The file system cannot link (any more): a file of its own has the content at least.
            RestoreRun.ThrowIfTargetFailed(e);
            run.Tally.Warn(_path.Bytes, $"restored as a file of its own, not as a hard link: {e.Message}");
            return false;
        }
    }

    private void VisitOther(TreeEntry entry, DirectoryTask task)
    {
        bool isThere = TryStat(task, entry.Name, out FileStat found);
        if (isThere && run.Options.Overwrite is OverwritePolicy.Never)
            return;
        if (entry.IsHardLink && TryLink(entry, task, isThere, found))
            return;
        run.Progress.Add(1, 0);
        isThere = TryStat(task, entry.Name, out found);
        if (!run.Options.DryRun && (!isThere || ClearWay(task, entry.Name, found)))
            MakeOther(entry, task);
        run.Tally.MadeOther();
    }

    private void MakeOther(TreeEntry entry, DirectoryTask task)
    {
        if (entry.Kind == EntryKind.Symlink)
            task.Handle.MakeSymlink(entry.Target, entry.Name);
        else
            task.Handle.MakeNode(entry.Name, (FileKind)entry.Kind, 0x180, entry.Rdev.Major, entry.Rdev.Minor);
        EntryMetadata.Apply(task.Handle, entry, _path.ToArray(), run.Tally);
        if (entry.IsHardLink)
            _links[(entry.Device, entry.Inode)] = new LinkGroup(entry, null, _path.ToArray());
    }

    private static bool TryStat(DirectoryTask task, byte[] name, out FileStat found)
    {
        FileStat? stat = task.IsNew ? null : task.Handle.StatIfThere(name);
        found = stat ?? default;
        return stat is not null;
    }

    /// <summary>Removes what stands where something of another kind belongs; a directory with anything in it only where the
    /// user allowed deleting.</summary>
    private bool ClearWay(DirectoryTask task, byte[] name, in FileStat found)
    {
        if (run.Options.Overwrite == OverwritePolicy.Never)
            return false;
        if (found.Kind == FileKind.Directory && run.Options.Delete)
            return new TreeRemoval(run, _path).Remove(task.Handle, name);
        task.Handle.Remove(name, found.Kind == FileKind.Directory);
        return true;
    }

    private void DeleteExtra(DirectoryTask task, ExtraNames extra)
    {
        foreach (byte[] name in extra.Rest())
        {
            using PathBuffer.Part part = _path.Enter(name);
            if (!TryStat(task, name, out FileStat found))
                continue;
            if (run.Options.Excludes.IsExcluded(_path.Bytes, found.Kind == FileKind.Directory) || IsOutsideIncludes(found.Kind))
                continue;
            if (run.Options.DryRun || new TreeRemoval(run, _path).Remove(task.Handle, name))
                run.Tally.Deleted();
        }
    }

    private bool IsOutsideIncludes(FileKind kind) =>
        run.Options.HasIncludes && _includedDepth > _depth && !run.Options.Includes.Matches(_path.Bytes, kind == FileKind.Directory);

    /// <summary>A file of several names, by the first that was met: being written, or kept under this path.</summary>
    private sealed record LinkGroup(TreeEntry First, FileTask? File, byte[]? Kept)
    {
        public bool IsSameFile(TreeEntry other) =>
            First.Kind == other.Kind && First.Size == other.Size && First.Content.IsSameAs(other.Content) && First.Target.AsSpan().SequenceEqual(other.Target);
    }
}
