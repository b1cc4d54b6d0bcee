using Snapstore.RemoteStorage.Ssh;

namespace Snapstore.RemoteStorage.Sftp;

/// <summary>What a failure of a request means, and what to do next.</summary>
internal static class SftpFailure
{
    /// <summary>True for what a call can fail of; all else is a mistake of the program.</summary>
    public static bool IsOfCall(Exception failure) => failure is SshLostException or SftpStatusException;

    /// <summary>The same for callers of a storage.</summary>
    public static StorageException Explain(string location, Exception failure) => failure switch
    {
        SshLostException lost => SshFailure.Explain(location, lost),
        SftpStatusException { Status: SftpStatus.PermissionDenied } => new($"{location}: {failure.Message}; log in as a user who may read and write there", failure),
        SftpStatusException { Status: SftpStatus.Failure } => new($"{location}: {failure.Message}; the protocol does not say why: is there space, quota, and a disk that works?", failure),
        SftpStatusException { Status: SftpStatus.Unsupported } => new($"{location}: {failure.Message}; this server lacks what a repository needs", failure),
        _ => new($"{location}: {failure.Message}", failure),
    };
}
