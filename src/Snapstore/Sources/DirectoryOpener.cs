using Snapstore.Posix;

namespace Snapstore.Sources;

/// <summary>A directory that a scan has passed, opened again when something in it is first wanted; disposing of this gives
/// the handle up.</summary>
/// <param name="above">The directory it is in; null for one that is opened by its path.</param>
/// <param name="name">Its name there.</param>
/// <param name="path">Its absolute path, where the user named it and links on the way are followed; else null.</param>
internal sealed class DirectoryOpener(DirectoryOpener? above, byte[] name, byte[]? path) : IDisposable
{
    private DirectoryHandle? _handle;

    /// <summary>The directory, open until this is disposed of or the last added reference goes.</summary>
    public DirectoryHandle Open() => _handle ??= path is not null ? DirectoryHandle.Open(path) : above!.Open().OpenDirectory(name);

    public void Dispose()
    {
        _handle?.Dispose();
        _handle = null;
    }
}
