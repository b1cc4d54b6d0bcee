using System.Runtime.InteropServices;
using Snapstore.Text;

namespace Snapstore.Posix;

/// <summary>Error numbers that are told apart (errno.h; the same on x86-64 and arm64 Linux).</summary>
internal static class Errno
{
    public const int NotPermitted = 1, NoEntry = 2, Interrupted = 4, Io = 5, NoDeviceOrAddress = 6, TooBig = 7, AccessDenied = 13, Exists = 17,
        CrossDevice = 18, NotDirectory = 20, IsDirectory = 21, Invalid = 22, OpenFilesOfSystem = 23, OpenFiles = 24, FileTooLarge = 27, NoSpace = 28, ReadOnly = 30, Range = 34, NameTooLong = 36,
        NotImplemented = 38, NotEmpty = 39, Loop = 40, NoData = 61, NotSupported = 95, TimedOut = 110, Stale = 116, Quota = 122;
}

/// <summary>A system call failed: which, on what, and why.</summary>
internal sealed class PosixException : IOException
{
    public PosixException(string call, ReadOnlySpan<byte> name, int error)
        : base($"{call} {PrintablePath.Of(name)}: {Marshal.GetPInvokeErrorMessage(error)}")
    {
        Error = error;
    }

    /// <summary>The error number.</summary>
    public int Error { get; }

    /// <summary>The error of the call that just failed.</summary>
    public static PosixException Last(string call, ReadOnlySpan<byte> name) => new(call, name, Marshal.GetLastPInvokeError());
}
