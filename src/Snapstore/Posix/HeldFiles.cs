namespace Snapstore.Posix;

/// <summary>Files on which a library of this process holds POSIX locks. Those belong to the process and the file, not to a
/// descriptor: closing any descriptor of such a file would drop them, so it is closed when nobody holds the file any more.</summary>
/// <remarks>Thread safe. The file is told by device and inode, for it may be met under several names and mounts.</remarks>
internal static class HeldFiles
{
    private static readonly Dictionary<(ulong Device, ulong Inode), Held> Files = [];
    private static readonly Lock Gate = new();

    /// <summary>Holds a file from before the library opens it until the result is disposed of, behind the library's own close.</summary>
    public static IDisposable Hold(in FileStat stat)
    {
        (ulong, ulong) key = (stat.Device, stat.Inode);
        lock (Gate)
        {
            if (!Files.TryGetValue(key, out Held? held))
                Files[key] = held = new Held();
            held.Holders++;
        }

        return new Release(key);
    }

    /// <summary>Closes a descriptor of a file, or leaves that to whoever holds the file.</summary>
    public static void Close(FileHandle file, in FileStat stat)
    {
        lock (Gate)
        {
            if (Files.TryGetValue((stat.Device, stat.Inode), out Held? held))
                held.ToClose.Add(file);
            else
                file.Dispose();
        }
    }

    private static void GiveUp((ulong, ulong) key)
    {
        lock (Gate)
        {
            Held held = Files[key];
            if (--held.Holders > 0)
                return;
            Files.Remove(key);
            held.ToClose.ForEach(file => file.Dispose());
        }
    }

    private sealed class Held
    {
        public int Holders { get; set; }

        public List<FileHandle> ToClose { get; } = [];
    }

    private sealed class Release((ulong, ulong) key) : IDisposable
    {
        private int _isDone;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDone, 1) == 0)
                GiveUp(key);
        }
    }
}
