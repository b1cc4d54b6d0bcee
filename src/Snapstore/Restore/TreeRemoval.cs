using Snapstore.Posix;

namespace Snapstore.Restore;

/// <summary>Removes a name and all below it, never following a link.</summary>
internal sealed class TreeRemoval(RestoreRun run)
{
    private int _depth;

    /// <summary>Removes it; what cannot be removed is a warning.</summary>
    public void Remove(DirectoryHandle directory, byte[] name)
    {
        try
        {
            if (directory.Stat(name).Kind == FileKind.Directory)
                RemoveDirectory(directory, name);
            else
                directory.Remove(name, isDirectory: false);
        }
        catch (PosixException e)
        {
            run.Tally.Warn(name, $"not deleted: {e.Message}");
        }
    }

    private void RemoveDirectory(DirectoryHandle directory, byte[] name)
    {
        if (_depth >= Limits.TreeDepthMax)
            throw new SourceException($"a directory to be deleted is more than {Limits.TreeDepthMax} levels deep");
        _depth++;
        try
        {
            RemoveAllIn(directory, name);
        }
        finally
        {
            _depth--;
        }

        directory.Remove(name, isDirectory: true);
    }

    private void RemoveAllIn(DirectoryHandle directory, byte[] name)
    {
        using DirectoryHandle inner = directory.OpenDirectory(name);
        using DirectoryNames names = inner.ReadNames();
        for (int i = 0; i < names.Count; i++)
            Remove(inner, names[i].ToArray());
    }
}
