using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Snapstore.Posix;

namespace Snapstore.Tests;

/// <summary>An empty directory of a test's own, removed at its end.</summary>
/// <remarks>All are made at once and before any test uses one, so that the directories above a test's own never change
/// while it runs: a snapshot captures these too, and a test may count what a snapshot of an unchanged tree stores.</remarks>
internal sealed class TestDirectory : IDisposable
{
    private const int Count = 512;

    private static readonly Lazy<string> Base = new(MakeAll);
    private static int _next = -1;

    public TestDirectory()
    {
        int number = Interlocked.Increment(ref _next);
        Assert.True(number < Count, "more test directories are needed");
        Path = $"{Base.Value}/{number}/own";
    }

    /// <summary>Absolute path without a final '/'.</summary>
    public string Path { get; }

    /// <summary>The path as raw bytes.</summary>
    public byte[] Bytes => Encoding.UTF8.GetBytes(Path);

    /// <summary>The path of a name in it.</summary>
    public string this[string name] => $"{Path}/{name}";

    /// <summary>Makes a directory in it and returns its path.</summary>
    public string Make(string name) => Directory.CreateDirectory(this[name]).FullName;

    public void Dispose() => Remove(Path);

    /// <summary>Runs a program to its end; its exit code.</summary>
    public static int Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    // Paths longer than the system's limit come up, which Directory.Delete cannot remove.
    private static void Remove(string path) => Run("rm", "-rf", "--one-file-system", path);

    private static string MakeAll()
    {
        // Not where other programs come and go, for the same reason.
        string path = $"{AppContext.BaseDirectory}test-files/{Environment.ProcessId}";
        for (int i = 0; i < Count; i++)
            Directory.CreateDirectory($"{path}/{i}/own");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Remove(path);
        return path;
    }
}

/// <summary>Short ways to what tests do to files.</summary>
internal static class TestFiles
{
    private static readonly ConcurrentBag<Socket> Sockets = [];

    /// <summary>True where this process may set owners, make devices and mount.</summary>
    public static bool IsRoot => Users.IsRoot;

    /// <summary>Bytes that look random and are the same for a seed.</summary>
    public static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        Span<byte> step = stackalloc byte[8];
        ulong state = unchecked((ulong)seed * 0x9e3779b97f4a7c15) + 1;
        for (int i = 0; i < length; i += step.Length)
        {
            state ^= unchecked(state << 13);
            state ^= state >> 7;
            state ^= unchecked(state << 17);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(step, state);
            step[..Math.Min(step.Length, length - i)].CopyTo(bytes.AsSpan(i));
        }

        return bytes;
    }

    /// <summary>Writes a file anew, in place.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write);
        file.Write(content);
    }

    /// <summary>Writes a file of this text.</summary>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Sets an mtime, of a link too.</summary>
    public static void SetTime(string path, long seconds, int nanoseconds)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(System.IO.Path.GetDirectoryName(path)!));
        directory.SetTime(Encoding.UTF8.GetBytes(System.IO.Path.GetFileName(path)), seconds, nanoseconds);
    }

    /// <summary>The metadata of a path; null where there is nothing.</summary>
    public static FileStat? Stat(string path)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(System.IO.Path.GetDirectoryName(path)!));
        return directory.TryStat(Encoding.UTF8.GetBytes(System.IO.Path.GetFileName(path)), out FileStat stat) ? stat : null;
    }

    /// <summary>Makes a socket that stays.</summary>
    public static void MakeSocket(string path)
    {
        // A socket's path is short by its nature; closed, the socket would take its name away.
        using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(System.IO.Path.GetDirectoryName(path)!));
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint($"/proc/self/fd/{directory.Descriptor}/{System.IO.Path.GetFileName(path)}"));
        Sockets.Add(socket);
    }

    /// <summary>Makes a named pipe.</summary>
    public static void MakeFifo(string path)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(System.IO.Path.GetDirectoryName(path)!));
        directory.MakeNode(Encoding.UTF8.GetBytes(System.IO.Path.GetFileName(path)), FileKind.Fifo, 0x180, 0, 0);
    }
}
