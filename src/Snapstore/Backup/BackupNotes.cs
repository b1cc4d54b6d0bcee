using Snapstore.Sources;
using Snapstore.Text;

namespace Snapstore.Backup;

/// <summary>What a run has to say about single paths. Thread safe.</summary>
internal sealed class BackupNotes(RunProgress progress) : IScanNotes
{
    private long _filesLeftOut;

    /// <summary>Files that were to be read and are not in the snapshot.</summary>
    public long FilesLeftOut => Volatile.Read(ref _filesLeftOut);

    /// <summary>What could not be captured as it was: makes the exit code 3.</summary>
    public MessageList Warnings { get; } = new();

    /// <summary>What is worth knowing and nothing to worry about.</summary>
    public MessageList Notes { get; } = new();

    /// <summary>Something could not be captured as it was.</summary>
    public void Warn(ReadOnlySpan<byte> path, string problem)
    {
        progress.Warn();
        Warnings.Add(Said(path, problem));
    }

    /// <summary>A file is not in the snapshot.</summary>
    public void LeaveOut(ReadOnlySpan<byte> path, string problem)
    {
        Warn(path, $"not in the snapshot: {problem}");
        Interlocked.Increment(ref _filesLeftOut);
    }

    /// <summary>Something worth knowing.</summary>
    public void Note(ReadOnlySpan<byte> path, string text) => Notes.Add(Said(path, text));

    // What is about a source as a whole has no path.
    private static string Said(ReadOnlySpan<byte> path, string text) => path.IsEmpty ? text : $"{PrintablePath.Of(path)}: {text}";
}
