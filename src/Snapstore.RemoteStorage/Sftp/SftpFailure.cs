namespace Snapstore.RemoteStorage.Sftp;

/// <summary>What a failure of a connection or of a request means, and what to do next.</summary>
internal static class SftpFailure
{
    // What OpenSSH's client says, and what helps.
    private static readonly (string Says, string Advice)[] Known =
    [
        ("Host key verification failed", "the machine's key is unknown or another than it was: compare it with the one its owner names, log in once by hand (ssh HOST), or mend ~/.ssh/known_hosts"),
        ("REMOTE HOST IDENTIFICATION HAS CHANGED", "the machine's key is another than it was: somebody may be in between"),
        ("Permission denied", "no key of yours is let in: try ssh -oBatchMode=yes HOST; keys with a passphrase need an ssh-agent"),
        ("Could not resolve hostname", "there is no machine of that name"),
        ("Connection refused", "nothing listens on that port"),
        ("subsystem request failed", "the server has no SFTP: its sshd_config needs a line \"Subsystem sftp internal-sftp\""),
    ];

    /// <summary>The failure that the end of a connection is to all who wait for it.</summary>
    public static SftpLostException OfEnd(SftpLostException? reason, bool isStalled, bool isGreeted, string errors)
    {
        string what = reason?.Message ?? (isStalled ? "no answer in time" : isGreeted ? "the connection was lost" : "ssh makes no connection");
        string advice = Known.FirstOrDefault(known => errors.Contains(known.Says, StringComparison.Ordinal)).Advice ?? "";
        bool isPassing = (reason?.IsPassing ?? true) && (isGreeted || isStalled || advice.Length == 0);
        return new SftpLostException($"{what}{(errors.Length > 0 ? $" ({errors})" : "")}{(advice.Length > 0 ? "; " + advice : "")}", isPassing);
    }

    /// <summary>True for what a call can fail of; all else is a mistake of the program.</summary>
    public static bool IsOfCall(Exception failure) => failure is SftpLostException or SftpStatusException;

    /// <summary>The same for callers of a storage.</summary>
    public static StorageException Explain(string location, Exception failure) => failure switch
    {
        SftpLostException { IsPassing: true } => new($"{location}: {failure.Message}; run again when the machine answers, what was stored is not stored twice", failure) { IsTransient = true },
        SftpStatusException { Status: SftpStatus.PermissionDenied } => new($"{location}: {failure.Message}; log in as a user who may read and write there", failure),
        SftpStatusException { Status: SftpStatus.Failure } => new($"{location}: {failure.Message}; the protocol does not say why: is there space, quota, and a disk that works?", failure),
        SftpStatusException { Status: SftpStatus.Unsupported } => new($"{location}: {failure.Message}; this server lacks what a repository needs", failure),
        _ => new($"{location}: {failure.Message}", failure),
    };
}
