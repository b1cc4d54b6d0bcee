namespace Snapstore.RemoteStorage.Rclone;

/// <summary>rclone did not do what it was asked, or it is not known whether it did.</summary>
internal sealed class RcloneException(string message) : IOException(message)
{
    /// <summary>The status where no answer came in time.</summary>
    public const int TimeOut = 504;

    /// <summary>The status of its answer; 0 where there was none.</summary>
    public int Status { get; init; }

    /// <summary>True where another rclone may do it: this one is gone, or the connection to it is.</summary>
    public bool IsPassing { get; init; }

    /// <summary>True for what a request can fail of; all else is a mistake of the program.</summary>
    public static bool IsOfCall(Exception failure) => failure is HttpRequestException or OperationCanceledException or ObjectDisposedException or IOException and not RcloneException;

    /// <summary>The same for callers of a storage.</summary>
    public StorageException Explain(string location) =>
        new($"{location}: {Message}{(IsPassing ? "; run again, what was stored is not stored twice" : "")}", this) { IsTransient = IsPassing || Status >= 500 };
}
