using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Snapstore.Databases.Sqlite;

/// <summary>
/// The header of a WAL index: the shared memory by which all connections agree on where the WAL's last commit ends
/// (sqlite.org/walformat.html, 2). Numbers in the machine's byte order but for the salts, which are as in the WAL.
/// <code>
/// offset size
///      0   48  header: 8 changes so far (u32), 12 true once it is made (u8), 16 last frame (u32), 20 pages (u32),
///              24 checksum of the last frame (2 x u32), 32 salts (8 bytes)
///     48   48  the same again
///     96    4  frames that are in the database file already (u32)
/// </code>
/// </summary>
/// <param name="Bytes">The 48 bytes.</param>
/// <param name="BackfilledFrames">Frames of the WAL that are in the database file already.</param>
internal sealed record WalIndexHeader(byte[] Bytes, uint BackfilledFrames)
{
    private const int Size = 48, RegionSize = 32 << 10, BackfillOffset = 96;
    private const int AttemptsMax = 1000; // a writer needs less than a microsecond between the two copies

    /// <summary>The frame that ends the last commit; 0 for a WAL that holds none.</summary>
    public uint LastFrame => BitConverter.ToUInt32(Bytes, 16);

    /// <summary>The checksum of that frame.</summary>
    public (uint, uint) Checksum => (BitConverter.ToUInt32(Bytes, 24), BitConverter.ToUInt32(Bytes, 28));

    /// <summary>The salts of the WAL that it is about.</summary>
    public ReadOnlySpan<byte> Salts => Bytes.AsSpan(32, 8);

    /// <summary>Reads it through the connection's own mapping, for opening that file here would end in dropping the locks on it.
    /// The connection has read once before.</summary>
    /// <returns>Null where the connection has no shared index: not in WAL mode, or nobody is connected who may write it.</returns>
    public static unsafe WalIndexHeader? Read(SqliteConnection connection)
    {
        if (Map(connection) is not { } map || map == 0)
            return null;
        byte* memory = (byte*)map;
        byte[] first = new byte[Size], second = new byte[Size];
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            uint backfilled = Volatile.Read(ref Unsafe.AsRef<uint>(memory + BackfillOffset));
            Copy(memory, first);
            Interlocked.MemoryBarrier();
            Copy(memory + Size, second);
            bool isMade = first[12] != 0;
            if (isMade && first.AsSpan().SequenceEqual(second))
                return new WalIndexHeader(first, backfilled);
            Thread.Yield();
        }

        throw new SqliteException(SqliteException.Busy, "the index of its WAL is being rebuilt");
    }

    private static unsafe void Copy(byte* from, byte[] to)
    {
        for (int i = 0; i < Size / 4; i++)
            MemoryMarshal.Cast<byte, uint>(to.AsSpan())[i] = Volatile.Read(ref Unsafe.AsRef<uint>(from + (i * 4)));
    }

    // sqlite3_io_methods: an int, then one pointer a method; xShmMap is the 13th, of version 2 and later.
    private static unsafe nint? Map(SqliteConnection connection)
    {
        nint file = 0;
        fixed (byte* main = "main\0"u8)
            connection.Check(SqliteNative.sqlite3_file_control(connection.Handle, main, SqliteNative.ControlFilePointer, &file));
        nint* methods = file == 0 ? null : *(nint**)file;
        if (methods is null || *(int*)methods < 2 || methods[13] == 0)
            return null;
        void* memory = null;
        var map = (delegate* unmanaged[Cdecl]<nint, int, int, int, void**, int>)methods[13];
        // SQLITE_READONLY says that this process may only look; with an extension, that nobody keeps it up to date.
        return map(file, 0, RegionSize, 0, &memory) is 0 or SqliteException.ReadOnly ? (nint)memory : null;
    }
}
