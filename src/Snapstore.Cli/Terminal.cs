using System.Runtime.InteropServices;
using System.Text;

namespace Snapstore.Cli;

/// <summary>The terminal: whether there is one, how wide, and reading from it without echo.</summary>
internal static unsafe partial class Terminal
{
    private const int ReadWrite = 2, CloseOnExec = 0x80000, NoControllingTerminal = 0x100;
    private const ulong WindowSizeRequest = 0x5413;
    private const int SetAfterDraining = 1;
    private const int LocalFlagsOffset = 12, SettingsSize = 256;
    private const uint EchoFlag = 8;
    private const int WidthDefault = 80, SecretSizeMax = 4096;

    private static readonly Lock PromptLock = new();
    private static int _promptFile = -1;
    private static byte[]? _promptSettings;

    /// <summary>True where this descriptor is a terminal.</summary>
    public static bool IsTerminal(int file) => isatty(file) == 1;

    /// <summary>Columns of the terminal; 80 where it does not say.</summary>
    public static int Width(int file)
    {
        WindowSize size;
        return ioctl(file, WindowSizeRequest, &size) == 0 && size.Columns > 0 ? size.Columns : WidthDefault;
    }

    /// <summary>Asks for a secret on the controlling terminal, whatever standard input is; null where there is none.</summary>
    /// <remarks>The caller clears what it is given.</remarks>
    public static byte[]? ReadSecret(string prompt)
    {
        int file = open("/dev/tty", ReadWrite | CloseOnExec | NoControllingTerminal);
        if (file < 0)
            return null;
        try
        {
            HideInput(file);
            Put(file, prompt);
            return ReadLine(file);
        }
        finally
        {
            _ = ShowInput();
            _ = close(file);
        }
    }

    /// <summary>Asks a question on the controlling terminal, whatever standard input is; null where there is none.</summary>
    public static string? ReadAnswer(string question)
    {
        int file = open("/dev/tty", ReadWrite | CloseOnExec | NoControllingTerminal);
        if (file < 0)
            return null;
        try
        {
            Put(file, question);
            return Encoding.UTF8.GetString(ReadLine(file));
        }
        finally
        {
            _ = close(file);
        }
    }

    /// <summary>Ends a prompt that is waiting: shows input again. False where none is.</summary>
    public static bool ShowInput()
    {
        lock (PromptLock)
        {
            if (_promptSettings is not { } settings)
                return false;
            fixed (byte* pointer = settings)
                _ = tcsetattr(_promptFile, SetAfterDraining, pointer);
            Put(_promptFile, "\n");
            _promptSettings = null;
            return true;
        }
    }

    private static void HideInput(int file)
    {
        byte[] settings = new byte[SettingsSize];
        fixed (byte* pointer = settings)
        {
            if (tcgetattr(file, pointer) != 0)
                throw new UsageException("the terminal's settings cannot be read, so a password would be seen; use --password-file");
        }

        lock (PromptLock)
        {
            _promptFile = file;
            _promptSettings = [.. settings];
        }

        fixed (byte* pointer = settings)
        {
            *(uint*)(pointer + LocalFlagsOffset) &= ~EchoFlag;
            _ = tcsetattr(file, SetAfterDraining, pointer);
        }
    }

    private static byte[] ReadLine(int file)
    {
        Span<byte> line = stackalloc byte[SecretSizeMax];
        int length = 0;
        while (length < SecretSizeMax && read(file, line[length..], 1) == 1 && line[length] != (byte)'\n')
            length++;
        byte[] secret = line[..length].ToArray();
        line.Clear();
        return secret;
    }

    private static void Put(int file, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        _ = write(file, bytes, (nuint)bytes.Length);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        private readonly uint _pixels;
    }

    [LibraryImport("libc")]
    private static partial int isatty(int file);

    [LibraryImport("libc")]
    private static partial int ioctl(int file, ulong request, WindowSize* size);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int close(int file);

    [LibraryImport("libc")]
    private static partial nint read(int file, Span<byte> buffer, nuint count);

    [LibraryImport("libc")]
    private static partial nint write(int file, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc")]
    private static partial int tcgetattr(int file, byte* settings);

    [LibraryImport("libc")]
    private static partial int tcsetattr(int file, int when, byte* settings);
}
