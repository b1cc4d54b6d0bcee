using System.Collections.Concurrent;
using Snapstore.Posix;
using Snapstore.Repositories;

namespace Snapstore.Restore;

/// <summary>What all parts of one restore share.</summary>
internal sealed class RestoreRun(
    Repository repository, RestoreOptions options, DirectoryHandle target, byte[] pathOfTarget, RunProgress progress, CancellationToken cancel)
{
    private const int FramesBytesMax = 8 << 20;

    // With 48 MiB a restore of 300,000 files peaks 40 MiB higher than with 24.
    private const int RangesBytesMax = 30 << 20;

    /// <summary>The repository.</summary>
    public Repository Repository { get; } = repository;

    /// <summary>How to work.</summary>
    public RestoreOptions Options { get; } = options;

    /// <summary>The directory restored into.</summary>
    public DirectoryHandle Target { get; } = target;

    /// <summary>The path in the snapshot that the target stands for; empty for the root. Paths of entries begin with it, so that
    /// patterns mean the same as when the snapshot was taken.</summary>
    public byte[] PathOfTarget { get; } = pathOfTarget;

    /// <summary>Where it stands.</summary>
    public RunProgress Progress { get; } = progress;

    /// <summary>Segments of the deltas that are being written: thousands of frames stand in one, and their bases in many.</summary>
    public SharedSegments Frames { get; } = new(FramesBytesMax);

    /// <summary>Where segments are fetched to that follow one another: a few large ranges at a time, or many small ones.</summary>
    public RangeRooms Rooms { get; } = new(RangesBytesMax);

    /// <summary>What was done.</summary>
    public RestoreTally Tally { get; } = new();

    /// <summary>Asks it to stop.</summary>
    public CancellationToken Cancel { get; } = cancel;

    private readonly ConcurrentDictionary<DirectoryTask, bool> _directories = [];
    private readonly ConcurrentDictionary<FileTask, bool> _files = [];

    /// <summary>Says that a directory is open.</summary>
    public void Begin(DirectoryTask directory) => _directories[directory] = true;

    /// <summary>Says that a directory is done.</summary>
    public void End(DirectoryTask directory) => _directories.TryRemove(directory, out _);

    /// <summary>Says that a file stands in the target and is not whole yet.</summary>
    public void Begin(FileTask file) => _files[file] = true;

    /// <summary>Says that a file is done.</summary>
    public void End(FileTask file) => _files.TryRemove(file, out _);

    /// <summary>Errors of the whole target, which the next file would meet as well.</summary>
    /// <exception cref="SourceException">It is one of these: a full or failing disk.</exception>
    public static void ThrowIfTargetFailed(PosixException e)
    {
        if (e.Error is Errno.NoSpace or Errno.Quota or Errno.ReadOnly or Errno.Io)
            throw new SourceException($"the target cannot be written: {e.Message}; what is there already is kept when you run again", e);
    }

    /// <summary>After a failure, when no worker is left: removes files that are not whole and closes all. After a success
    /// there is nothing left to do.</summary>
    public void GiveUp()
    {
        foreach (FileTask file in _files.Keys)
            file.GiveUp();
        foreach (DirectoryTask directory in _directories.Keys)
            directory.GiveUp();
        _files.Clear();
        _directories.Clear();
    }

    /// <summary>Opens the directory of a restored path anew, component by component and never through a link.</summary>
    public DirectoryHandle OpenDirectoryOf(ReadOnlySpan<byte> path)
    {
        path = path[PathOfTarget.Length..];
        DirectoryHandle current = Target.AddReference();
        int end = path.LastIndexOf((byte)'/');
        foreach (Range part in path[..Math.Max(end, 0)].Split((byte)'/'))
        {
            ReadOnlySpan<byte> name = path[..end][part];
            if (name.IsEmpty)
                continue;
            using DirectoryHandle above = current;
            current = above.OpenDirectory(name);
        }

        return current;
    }
}
