namespace Snapstore.RemoteStorage.Rclone;

/// <summary>How rclone is run, and how long it is waited for.</summary>
public sealed record RcloneSettings
{
    /// <summary>The variable that names another program than rclone, and options for it.</summary>
    public const string CommandVariable = "SNAPSTORE_RCLONE_COMMAND";

    /// <summary>The program, and options that stand before those of this program; null for rclone. Split like words of a shell, run without one.</summary>
    public string? Command { get; init; }

    /// <summary>When it must have started.</summary>
    public TimeSpan StartTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A call that is not answered after this time has failed. rclone's own times and retries go first.</summary>
    public TimeSpan AnswerTime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How fast objects go up; null for as fast as they can.</summary>
    public RateLimit? Upload { get; init; }

    /// <summary>How fast objects come down; null for as fast as they can.</summary>
    public RateLimit? Download { get; init; }
}
