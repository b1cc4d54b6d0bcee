using Snapstore.Posix;
using Snapstore.Repositories;

namespace Snapstore.Restore;

/// <summary>What all parts of one restore share.</summary>
internal sealed class RestoreRun(
    Repository repository, RestoreOptions options, DirectoryHandle target, RestoreProgress progress, CancellationToken cancel)
{
    /// <summary>The repository.</summary>
    public Repository Repository { get; } = repository;

    /// <summary>How to work.</summary>
    public RestoreOptions Options { get; } = options;

    /// <summary>The directory restored into.</summary>
    public DirectoryHandle Target { get; } = target;

    /// <summary>Where it stands.</summary>
    public RestoreProgress Progress { get; } = progress;

    /// <summary>What was done.</summary>
    public RestoreTally Tally { get; } = new();

    /// <summary>Asks it to stop.</summary>
    public CancellationToken Cancel { get; } = cancel;

    /// <summary>Opens the directory of a restored path anew, component by component and never through a link.</summary>
    public DirectoryHandle OpenDirectoryOf(ReadOnlySpan<byte> path)
    {
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
