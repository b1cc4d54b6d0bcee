using System.Runtime.InteropServices;
using Snapstore.Text;

namespace Snapstore.Cli;

/// <summary>Paths of the file system as arguments give them, to the byte.</summary>
internal static partial class PathArgument
{
    private const int SizeMax = 64 << 10;

    /// <summary>The path, absolute; one that is not is taken from the working directory.</summary>
    /// <exception cref="UsageException">The argument is empty.</exception>
    public static byte[] Absolute(string argument) => Absolute(RawText.ToBytes(argument));

    /// <summary>The path, absolute; one that is not is taken from the working directory.</summary>
    /// <exception cref="UsageException">The path is empty or holds a NUL byte.</exception>
    public static byte[] Absolute(byte[] path)
    {
        if (path.Length == 0 || path.Contains((byte)0))
            throw new UsageException($"'{PrintablePath.Of(path)}' is not a path");
        return path[0] == (byte)'/' ? path : [.. WorkingDirectory(), (byte)'/', .. path];
    }

    /// <summary>What a filter by path compares with: an absolute path without a final '/', or a stream's name.</summary>
    public static byte[] FromFilter(string argument)
    {
        byte[] path = RawText.ToBytes(argument);
        bool isPath = path.Length > 0 && (path[0] == (byte)'/' || path[0] == (byte)'.');
        return isPath && path.Length > 1 ? [.. Absolute(path).AsSpan().TrimEnd((byte)'/')] : path;
    }

    private static byte[] WorkingDirectory()
    {
        byte[] path = new byte[SizeMax];
        if (getcwd(path, (nuint)path.Length) == 0)
            throw new UsageException("the working directory is gone: name absolute paths");
        return path[..Array.IndexOf(path, (byte)0)];
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint getcwd(Span<byte> buffer, nuint size);
}
