using System.CommandLine;

namespace Snapstore.Cli;

/// <summary>The options that every verb has.</summary>
internal static class GlobalOptions
{
    /// <summary>Where the repository is.</summary>
    public static Option<string?> Repository { get; } =
        Declare.Text("--repo", "DIR", "Where the repository is: a directory, s3:https://ENDPOINT/BUCKET/PREFIX, oss:..., sftp:USER@HOST:/PATH, ssh:USER@HOST:/PATH or rclone:REMOTE:PATH (else $SNAPSTORE_REPOSITORY)", "-r");

    /// <summary>A file whose first line is the password.</summary>
    public static Option<string?> PasswordFile { get; } = Declare.Text(
        "--password-file", "FILE", "Take the password from the first line of FILE (else $SNAPSTORE_PASSWORD_FILE, or $SNAPSTORE_PASSWORD itself)");

    /// <summary>A command that prints the password.</summary>
    public static Option<string?> PasswordCommand { get; } = Declare.Text(
        "--password-command", "COMMAND", "Take the password from the first line that COMMAND, run by sh, prints (else $SNAPSTORE_PASSWORD_COMMAND)");

    /// <summary>A key file that opens the repository.</summary>
    public static Option<string?> KeyFile { get; } =
        Declare.Text("--key-file", "FILE", "Open the repository with a key file (else $SNAPSTORE_KEY_FILE)");

    /// <summary>How fast objects go to a remote storage.</summary>
    public static Option<string?> LimitUpload { get; } =
        Declare.Text("--limit-upload", "SIZE", "Send at most SIZE a second to an object store, another machine or rclone, as 500KiB or 10MiB");

    /// <summary>How fast objects come from a remote storage.</summary>
    public static Option<string?> LimitDownload { get; } =
        Declare.Text("--limit-download", "SIZE", "Fetch at most SIZE a second from an object store, another machine or rclone");

    /// <summary>Nothing kept here of a repository far away.</summary>
    public static Option<bool> NoCache { get; } =
        Declare.Flag("--no-cache", "Fetch all from a far repository (s3:, oss:, sftp:, ssh:, rclone:); keep nothing of it in $SNAPSTORE_CACHE_DIR");

    /// <summary>JSON instead of text.</summary>
    public static Option<bool> Json { get; } = Declare.Flag("--json", "Print one JSON object a line");

    /// <summary>Less output.</summary>
    public static Option<bool> Quiet { get; } =
        Declare.Flag("--quiet", "Say only what was asked for, warnings and errors", "-q");

    /// <summary>More output.</summary>
    public static Option<bool> Verbose { get; } = Declare.Flag("--verbose", "Say more; trace unexpected failures", "-v");

    /// <summary>Help.</summary>
    public static Option<bool> Help { get; } = Declare.Flag("--help", "Show this help, or that of a verb", "-h", "-?");

    /// <summary>All of them, in the order of the help.</summary>
    public static IReadOnlyList<Option> All { get; } =
        [Repository, PasswordFile, PasswordCommand, KeyFile, LimitUpload, LimitDownload, NoCache, Json, Quiet, Verbose, Help];

    static GlobalOptions()
    {
        foreach (Option option in All)
            option.Recursive = true;
    }
}
