using System.Diagnostics;
using Snapstore.RemoteStorage.Ssh;

namespace Snapstore.RemoteStorage.Rclone;

/// <summary>How rclone is started: so that it ends with this program however that ends, listens on loopback only for who has a password,
/// and does what it is asked and not what some variable adds to it.</summary>
internal static class RcloneCommand
{
    // The pipe on standard input closes when this program is over, also if it is killed. Ctrl-C in a terminal is for this program alone:
    // it may have something to end cleanly.
    private const string Guard = """
        trap '' INT QUIT HUP
        exec 3<&0
        "$@" </dev/null 3<&- &
        child=$!
        { while read -r line <&3; do :; done; kill "$child"; } >/dev/null 2>&1 &
        exec 3<&-
        wait "$child"
        """;

    private static readonly string[] Options =
    [
        "rcd", "--rc-addr", "127.0.0.1:0", "--rc-serve", "--log-level", "NOTICE", "--use-json-log=false", "--ask-password=false", "--stats", "0",
    ];

    // What would hide its first words, open it to others, or change what a call does.
    private static readonly string[] Unwanted =
    [
        "RC_", "VERBOSE", "QUIET", "LOG_", "USE_JSON_LOG", "SYSLOG", "STATS", "DRY_RUN", "INTERACTIVE", "IMMUTABLE", "IGNORE_", "EXCLUDE", "INCLUDE", "FILTER", "FILES_FROM",
        "MAX_", "MIN_", "BACKUP_DIR", "SUFFIX", "COMPARE_DEST", "COPY_DEST", "UPDATE", "SIZE_ONLY", "CHECKSUM", "HASH_FILTER", "METADATA", "NO_CHECK_DEST", "NO_TRAVERSE",
    ];

    /// <summary>How to start it.</summary>
    /// <param name="command">What to run instead of rclone; null for rclone.</param>
    /// <param name="user">Who may use it.</param>
    /// <param name="password">By this password, which stands in its environment and nowhere else.</param>
    /// <exception cref="UsageException">The command that was given instead of rclone is none.</exception>
    public static ProcessStartInfo Start(string? command, string user, string password)
    {
        List<string> words = string.IsNullOrWhiteSpace(command) ? ["rclone"] : SshCommand.Words(command, RcloneSettings.CommandVariable);
        ProcessStartInfo start = new("/bin/sh", ["-c", Guard, "sh", .. words, .. Options])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        SshCommand.HideSecrets(start);
        foreach (string name in start.Environment.Keys.Where(name => Unwanted.Any(unwanted => name.StartsWith("RCLONE_" + unwanted, StringComparison.Ordinal))).ToList())
            start.Environment.Remove(name);
        start.Environment["RCLONE_RC_USER"] = user;
        start.Environment["RCLONE_RC_PASS"] = password;
        return start;
    }
}
