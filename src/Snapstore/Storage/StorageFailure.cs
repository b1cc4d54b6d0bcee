using Snapstore.Posix;

namespace Snapstore.Storage;

/// <summary>Says what a failed system call means for a storage, and what to do next.</summary>
internal static class StorageFailure
{
    /// <summary>The failure at this place, explained.</summary>
    public static StorageException Explain(string location, Exception cause)
    {
        string advice = cause is PosixException posix ? Advice(posix.Error) : "";
        bool isTransient = cause is PosixException { Error: Errno.Io };
        return new StorageException($"{location}: {cause.Message}{advice}", cause) { IsTransient = isTransient };
    }

    private static string Advice(int error) => error switch
    {
        Errno.NoSpace => "; the disk is full: free some space and run again, what was stored is not stored twice",
        Errno.Quota => "; the quota is used up: raise it or free some space and run again, what was stored is not stored twice",
        Errno.ReadOnly => "; the file system is mounted read-only",
        Errno.AccessDenied or Errno.NotPermitted => "; run as a user who may read and write there",
        Errno.Io => "; the disk reports an error: look at the system log before anything else",
        _ => "",
    };
}
