using Snapstore.Posix;
using Snapstore.Sources;

namespace Snapstore.Restore;

/// <summary>Removes names and all below them, never following a link. What the restore excludes stays, and the directories
/// above it.</summary>
/// <param name="run">The restore.</param>
/// <param name="path">Where it is; stands at the name that is to be removed.</param>
internal sealed class TreeRemoval(RestoreRun run, PathBuffer path)
{
    private int _depth;

    /// <summary>Removes it; what cannot be removed is a warning. True where nothing is left.</summary>
    public bool Remove(DirectoryHandle directory, ReadOnlySpan<byte> name)
    {
        try
        {
            bool isDirectory = directory.Stat(name).Kind == FileKind.Directory;
            if (run.Options.Excludes.IsExcluded(path.Bytes, isDirectory) || (isDirectory && !RemoveAllIn(directory, name)))
                return false;
            directory.Remove(name, isDirectory);
            return true;
        }
        catch (PosixException e)
        {
            run.Tally.Warn(path.Bytes, $"not deleted: {e.Message}");
            return false;
        }
    }

    private bool RemoveAllIn(DirectoryHandle directory, ReadOnlySpan<byte> name)
    {
        if (_depth >= Limits.TreeDepthMax)
            throw new SourceException($"a directory to be deleted is more than {Limits.TreeDepthMax} levels deep");
        _depth++;
        using DirectoryHandle inner = directory.OpenDirectory(name);
        using DirectoryNames names = inner.ReadNames();
        bool isEmpty = true;
        for (int i = 0; i < names.Count; i++)
        {
            using PathBuffer.Part part = path.Enter(names[i]);
            isEmpty &= Remove(inner, names[i]);
        }

        _depth--;
        return isEmpty;
    }
}
