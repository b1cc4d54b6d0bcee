using Snapstore.Posix;

namespace Snapstore.Storage;

/// <summary>Says what a failed system call means for a storage, and what to do next.</summary>
internal static class StorageFailure
{
    /// <summary>The failure at this place, explained.</summary>
    public static StorageException Explain(string location, PosixException cause)
    {
        bool isTransient = cause.Error is Errno.Io or Errno.TimedOut or Errno.Stale or Errno.OpenFiles or Errno.OpenFilesOfSystem;
        return new StorageException($"{location}: {cause.Message}{Advice(cause.Error)}", cause) { IsTransient = isTransient };
    }

    private static string Advice(int error) => error switch
    {
        Errno.NoSpace => "; the disk is full: free some space and run again, what was stored is not stored twice",
        Errno.Quota => "; the quota is used up: raise it or free some space and run again, what was stored is not stored twice",
        Errno.FileTooLarge => "; this file system, or the limit set for this user, does not allow files of that size",
        Errno.ReadOnly => "; the file system is mounted read-only",
        Errno.AccessDenied or Errno.NotPermitted => "; run as a user who may read and write there",
        Errno.Io => "; the disk reports an error: look at the system log before anything else",
        Errno.NotDirectory or Errno.Loop => "; inside a repository symbolic links are not followed: use a bind mount instead",
        Errno.CrossDevice => "; a repository must lie on one file system, because objects are renamed into place",
        Errno.Stale or Errno.TimedOut => "; the file server does not answer as it should: run again when it does",
        Errno.OpenFiles or Errno.OpenFilesOfSystem => "; raise the limit of open files (ulimit -n)",
        Errno.Invalid => "; this file system lacks something that keeping data safe needs: keep the repository on another one",
        _ => "",
    };
}
