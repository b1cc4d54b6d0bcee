using Snapstore.Posix;
using Snapstore.Text;

namespace Snapstore.Restore;

/// <summary>Opens the directory that is restored into; makes it where it is missing.</summary>
internal static class RestoreTarget
{
    private const int PrivateMode = 0x1c0; // 0700

    /// <summary>The directory, and whether it is new: then nothing can be in the way. In a dry run nothing is made, and what
    /// is opened in its place is not looked at.</summary>
    /// <exception cref="SourceException">It cannot be used: it is a file, or may not be made.</exception>
    public static (DirectoryHandle Directory, bool IsNew) Open(RestoreOptions options)
    {
        string shown = PrintablePath.Of(options.Target);
        try
        {
            if (TryOpen(options.Target) is { } there)
                return (there, false);
            return (options.DryRun ? DirectoryHandle.Open("/"u8) : Make(options.Target), true);
        }
        catch (PosixException e) when (e.Error == Errno.NotDirectory)
        {
            throw new SourceException($"the target {shown} is not a directory; name a directory to restore into", e);
        }
        catch (PosixException e)
        {
            throw new SourceException($"the target {shown} cannot be used: {e.Message}", e);
        }
    }

    private static DirectoryHandle? TryOpen(ReadOnlySpan<byte> path)
    {
        try
        {
            return DirectoryHandle.Open(path);
        }
        catch (PosixException e) when (e.Error == Errno.NoEntry)
        {
            return null;
        }
    }

    private static DirectoryHandle Make(ReadOnlySpan<byte> path)
    {
        ReadOnlySpan<byte> trimmed = path.TrimEnd((byte)'/');
        int slash = trimmed.LastIndexOf((byte)'/');
        ReadOnlySpan<byte> outer = slash < 0 ? "."u8 : slash == 0 ? "/"u8 : trimmed[..slash];
        using DirectoryHandle above = TryOpen(outer) ?? Make(outer);
        above.MakeDirectory(trimmed[(slash + 1)..], PrivateMode);
        return above.OpenDirectory(trimmed[(slash + 1)..]);
    }
}
