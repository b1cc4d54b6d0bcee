using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Repositories;

namespace Snapstore.Backup;

/// <summary>Decides whether a file is as it was in the parent: by its times, size and inode number, and by whether all
/// its blobs are still there (what was lost is read and stored again).</summary>
internal sealed class UnchangedFiles(Repository repository, FileSelection selection, TreeReader? parentTrees)
{
    /// <summary>True where nothing but its content could tell that the file has changed.</summary>
    public bool LooksUnchanged(TreeEntry parent, in FileStat stat)
    {
        if (parentTrees is null || parent.Size != stat.Size)
            return false;
        bool isSameTime = parent.Mtime.Seconds == stat.MtimeSeconds && parent.Mtime.Nanoseconds == stat.MtimeNanoseconds;
        bool isSameCtime = selection.IgnoreCtime || (parent.Ctime.Seconds == stat.CtimeSeconds && parent.Ctime.Nanoseconds == stat.CtimeNanoseconds);
        bool isSameInode = selection.IgnoreInode || parent.Inode == stat.Inode;
        return isSameTime && isSameCtime && isSameInode && IsWhole(parent);
    }

    private bool IsWhole(TreeEntry parent)
    {
        try
        {
            foreach (ContentItem item in parentTrees!.Items(parent.Content, parent.Size, "the parent snapshot"))
            {
                if (!item.IsHole && !repository.Index.Contains(item.Id))
                    return false;
            }

            return true;
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
        {
            // Lost, swept meanwhile or on a bad sector: whatever it is, the file is read.
            return false;
        }
    }
}
