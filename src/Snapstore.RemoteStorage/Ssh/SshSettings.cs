namespace Snapstore.RemoteStorage.Ssh;

/// <summary>How a machine is reached, and how long it is waited for.</summary>
public sealed record SshSettings
{
    /// <summary>The variable that names another program than ssh, and options for it.</summary>
    public const string CommandVariable = "SNAPSTORE_SSH_COMMAND";

    /// <summary>The program, and options that stand before those of this program; null for ssh. Split like words of a shell, run without one.</summary>
    public string? Command { get; init; }

    /// <summary>A connection that has not greeted after this time has failed.</summary>
    public TimeSpan ConnectTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A connection that owes an answer and has moved nothing for this time has failed. An fsync of a busy disk is waited for as long.</summary>
    public TimeSpan StallTime { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How fast objects go up; null for as fast as they can.</summary>
    public RateLimit? Upload { get; init; }

    /// <summary>How fast objects come down; null for as fast as they can.</summary>
    public RateLimit? Download { get; init; }
}
