using Snapstore.Sources;
using Snapstore.Text;

namespace Snapstore.Backup;

/// <summary>What a run has to say about single paths. Thread safe.</summary>
internal sealed class BackupNotes(BackupProgress progress) : IScanNotes
{
    private readonly Lock _lock = new();
    private readonly List<string> _warnings = [];
    private readonly List<string> _notes = [];

    /// <summary>Files that were to be read and are not in the snapshot.</summary>
    public long FilesLeftOut { get; private set; }

    /// <summary>What could not be captured as it was: makes the exit code 3.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (_lock)
                return [.. _warnings];
        }
    }

    /// <summary>What is worth knowing and nothing to worry about.</summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            lock (_lock)
                return [.. _notes];
        }
    }

    /// <summary>Something could not be captured as it was.</summary>
    public void Warn(ReadOnlySpan<byte> path, string problem)
    {
        progress.Warn();
        string text = $"{PrintablePath.Of(path)}: {problem}";
        lock (_lock)
            _warnings.Add(text);
    }

    /// <summary>A file is not in the snapshot.</summary>
    public void LeaveOut(ReadOnlySpan<byte> path, string problem)
    {
        Warn(path, $"not in the snapshot: {problem}");
        lock (_lock)
            FilesLeftOut++;
    }

    /// <summary>Something worth knowing.</summary>
    public void Note(ReadOnlySpan<byte> path, string text)
    {
        string line = $"{PrintablePath.Of(path)}: {text}";
        lock (_lock)
            _notes.Add(line);
    }
}
