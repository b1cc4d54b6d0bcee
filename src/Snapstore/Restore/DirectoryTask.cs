using Snapstore.Formats;
using Snapstore.Posix;

namespace Snapstore.Restore;

/// <summary>A directory being restored: stays open until everything in it is done, then gets its metadata, so that its
/// times survive. Thread safe.</summary>
internal sealed class DirectoryTask
{
    private readonly RestoreRun _run;
    private readonly TreeEntry? _entry;
    private readonly byte[] _path;
    private int _pending = 1;

    /// <summary>A directory that is open; it takes the handle over. Without an entry its metadata stays as it is.</summary>
    public DirectoryTask(DirectoryHandle handle, DirectoryTask? above, TreeEntry? entry, byte[] path, bool isNew, RestoreRun run)
    {
        Handle = handle;
        Above = above;
        _entry = entry;
        _path = path;
        IsNew = isNew;
        _run = run;
        above?.AddPending();
        run.Begin(this);
    }

    /// <summary>The directory.</summary>
    public DirectoryHandle Handle { get; }

    /// <summary>The directory that it is in.</summary>
    public DirectoryTask? Above { get; }

    /// <summary>True where this restore made it, so that nothing can be in the way.</summary>
    public bool IsNew { get; }

    /// <summary>Says that something more in it is to be done.</summary>
    public void AddPending() => Interlocked.Increment(ref _pending);

    /// <summary>Says that something in it is done; the last one finishes the directory and tells the one above.</summary>
    public void Done()
    {
        DirectoryTask? task = this;
        while (task is not null && Interlocked.Decrement(ref task._pending) == 0)
        {
            task.Finish();
            task = task.Above;
        }
    }

    private void Finish()
    {
        _run.End(this);
        using DirectoryHandle handle = Handle;
        if (_entry is null)
            return;
        try
        {
            using FileHandle file = handle.AsFile();
            EntryMetadata.Apply(file, _entry, _path, _run.Tally);
            _run.Tally.MadeDirectory();
        }
        catch (PosixException e)
        {
            _run.Tally.Warn(_path, e.Message);
        }
    }

    /// <summary>Closes it unfinished: the restore has failed.</summary>
    public void GiveUp() => Handle.Dispose();
}
