namespace Snapstore.RemoteStorage.Ssh;

/// <summary>What the end of a connection means, and what to do next.</summary>
internal static class SshFailure
{
    private const int CommandNotFound = 127;

    private const string Install =
        "the login there runs no snapstore: install it where logins without a terminal find it (/usr/local/bin), or name its path in a forced command (spec/protocols/serve-storage.md)";

    // What OpenSSH's client and the other side's shell say, and what helps.
    private static readonly (string Says, string Advice)[] Known =
    [
        ("Host key verification failed", "the machine's key is unknown or another than it was: compare it with the one its owner names, log in once by hand (ssh HOST), or mend ~/.ssh/known_hosts"),
        ("REMOTE HOST IDENTIFICATION HAS CHANGED", "the machine's key is another than it was: somebody may be in between"),
        ("Permission denied", "no key of yours is let in: try ssh -oBatchMode=yes HOST; keys with a passphrase need an ssh-agent"),
        ("Could not resolve hostname", "there is no machine of that name"),
        ("Connection refused", "nothing listens on that port"),
        ("subsystem request failed", "the server has no SFTP: its sshd_config needs a line \"Subsystem sftp internal-sftp\""),
        ("'serve-storage' is not a verb", "the snapstore there is older than this protocol: install the version that runs here"),
    ];

    /// <summary>The failure that the end of a connection is to all who wait for it.</summary>
    /// <param name="reason">What was wrong with what came; null where nothing came.</param>
    /// <param name="isStalled">It was ended because nothing moved.</param>
    /// <param name="isGreeted">There had been a connection.</param>
    /// <param name="exitCode">That of ssh, if it is over.</param>
    /// <param name="errors">What it said.</param>
    public static SshLostException OfEnd(SshLostException? reason, bool isStalled, bool isGreeted, int? exitCode, string errors)
    {
        string what = reason?.Message ?? (isStalled ? "no answer in time" : isGreeted ? "the connection was lost" : "ssh makes no connection");
        string advice = !isGreeted && exitCode == CommandNotFound ? Install : Known.FirstOrDefault(known => errors.Contains(known.Says, StringComparison.Ordinal)).Advice ?? "";
        bool isPassing = (reason?.IsPassing ?? true) && (isGreeted || isStalled || advice.Length == 0);
        return new SshLostException($"{what}{(errors.Length > 0 ? $" ({errors})" : "")}{(advice.Length > 0 ? "; " + advice : "")}", isPassing);
    }

    /// <summary>The same for callers of a storage.</summary>
    public static StorageException Explain(string location, SshLostException failure) => failure.IsPassing
        ? new($"{location}: {failure.Message}; run again when the machine answers, what was stored is not stored twice", failure) { IsTransient = true }
        : new($"{location}: {failure.Message}", failure);
}
