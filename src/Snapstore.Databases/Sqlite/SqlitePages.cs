using System.Text;
using Snapstore.Posix;

namespace Snapstore.Databases.Sqlite;

/// <summary>
/// The pages of a database as of one moment, read in place while others write: a read transaction of SQLite keeps every page
/// where it is, and this reads them around SQLite, from the database file and from its write-ahead log (spec/databases/sqlite.md).
/// </summary>
/// <remarks>Memory: a buffer, and some 40 bytes for each page in the log. <see cref="Read"/> may run on another thread than the
/// connection. Files are closed only behind the connection: closing one of them drops SQLite's locks on it.</remarks>
internal sealed class SqlitePages : IDisposable
{
    private const int MovesMax = 10_000; // commits come between two looks at the index now and then, not always

    private readonly byte[] _path;
    private readonly FileHandle _file;
    private WalFile? _wal;
    private StillFile[]? _still;
    private readonly FileStat _stat;
    private readonly List<IDisposable> _held = [];

    private SqlitePages(byte[] path, FileHandle file)
    {
        _path = path;
        _file = file;
        _stat = file.Stat();
    }

    /// <summary>The read transaction; for the thread that opened this.</summary>
    public SqliteConnection Connection { get; private set; } = null!;

    /// <summary>Bytes of a page.</summary>
    public int PageSize { get; private set; }

    /// <summary>Pages.</summary>
    public long PageCount { get; private set; }

    /// <summary>Bytes of all.</summary>
    public long Length => PageSize * PageCount;

    /// <summary>How the journal is kept: "wal", "delete", ...</summary>
    public string JournalMode { get; private set; } = "";

    /// <summary>Begins to read a database.</summary>
    /// <param name="path">Its path, raw bytes.</param>
    /// <param name="file">The same file, opened for reading; closed with this, or at once where this fails.</param>
    /// <param name="wait">How long a lock of others is waited for.</param>
    /// <param name="mayRollBack">True lets SQLite undo what a program left half done that was killed: the file changes.</param>
    /// <exception cref="SqliteException">It cannot be read consistently.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SqlitePages Open(byte[] path, FileHandle file, TimeSpan wait, bool mayRollBack)
    {
        SqlitePages pages = new(path, file);
        try
        {
            pages.Begin(wait, mayRollBack);
            return pages;
        }
        catch
        {
            pages.Dispose();
            throw;
        }
    }

    /// <summary>Reads bytes of the database; 0 at its end.</summary>
    /// <exception cref="IOException">It is shorter than it says, or was changed by a program that keeps no locks.</exception>
    public int Read(long offset, Span<byte> buffer)
    {
        if (offset >= Length)
            return 0;
        buffer = buffer[..(int)Math.Min(buffer.Length, Length - offset)];
        if (_wal is null)
            return ReadFile(offset, buffer);
        uint page = (uint)(offset / PageSize) + 1;
        int inPage = (int)(offset % PageSize);
        int restOfPage = Math.Min(buffer.Length, PageSize - inPage);
        if (_wal.TryRead(page, inPage, buffer[..restOfPage]))
            return restOfPage;
        int run = restOfPage;
        while (run < buffer.Length && !_wal.Holds(++page))
            run = Math.Min(buffer.Length, run + PageSize);
        return ReadFile(offset, buffer[..run]);
    }

    /// <summary>To be asked when all is read: where no lock could be had, that nobody has written.</summary>
    /// <exception cref="IOException">Somebody has.</exception>
    public void ThrowIfMoved()
    {
        if (_still is null)
            return;
        if (!_still.All(file => file.IsSame()))
            throw new IOException("it was written to while it was read, and this user may not lock it; run as its owner");
    }

    public void Dispose()
    {
        Connection?.Dispose();
        _wal?.Dispose();
        // The locks are gone with the connection; others may still hold the same file.
        _held.ForEach(held => held.Dispose());
        HeldFiles.Close(_file, _stat);
    }

    private void Begin(TimeSpan wait, bool mayRollBack)
    {
        // Where there is no log, SQLite makes one; opened for writing it also takes it away again when it closes. Where there
        // is one, it is left as it is: a connection that may not write checkpoints nothing.
        bool hasLog = StillFile.LengthOf(Companion("-wal")) > 0;
        _held.Add(HeldFiles.Hold(_stat));
        int flags = hasLog ? SqliteNative.OpenReadOnly : SqliteNative.OpenReadWrite;
        if (!hasLog && !mayRollBack && StillFile.LengthOf(Companion("-journal")) > 0)
            flags = SqliteNative.OpenReadOnly;
        Connection = SqliteConnection.Open(_path, flags, wait);
        try
        {
            BeginRead();
        }
        catch (SqliteException e) when (e.Code == SqliteException.ReadOnlyRollback && mayRollBack)
        {
            Reopen(_path, SqliteNative.OpenReadWrite, wait);
            BeginRead();
        }
        catch (SqliteException e) when (e.BasicCode is SqliteException.CannotOpen or SqliteException.ReadOnly && !hasLog && IsWalDatabase())
        {
            // A log that cannot be made here is a log that nobody has.
            BeginStill(wait);
        }
    }

    private void Reopen(byte[] name, int flags, TimeSpan wait)
    {
        Connection.Dispose();
        Connection = SqliteConnection.Open(name, flags, wait);
    }

    private void BeginRead()
    {
        // The first read opens the log, so that its index can be looked at before the read that counts.
        Look();
        if (StillFile.StatOf(Companion("-shm")) is { } index)
            _held.Add(HeldFiles.Hold(index));
        for (int attempt = 0; attempt < MovesMax; attempt++)
        {
            WalIndexHeader? before = IndexHeader();
            Connection.Run("BEGIN");
            Look();
            JournalMode = Connection.Text("PRAGMA journal_mode");
            WalIndexHeader? now = IndexHeader();
            // The index names this transaction's last commit only if none came between.
            if (now is null ? before is null : before is not null && now.Bytes.AsSpan().SequenceEqual(before.Bytes))
            {
                Measure();
                OpenLog(now);
                return;
            }

            Connection.RollBack();
        }

        throw new SqliteException(SqliteException.Busy, "no moment was found between two commits");
    }

    private void OpenLog(WalIndexHeader? index)
    {
        if (JournalMode != "wal")
            return;
        if (index is null)
        {
            // Nobody is connected who may write, or the index would be kept up to date.
            _still = [StillFile.Of(_path), StillFile.Of(Companion("-wal"))];
            _wal = WalFile.Recover(OpenCompanion("-wal"), PageSize);
            if (_wal.PageCount != 0 && _wal.PageCount != PageCount)
                throw new IOException("its write-ahead log was written to while it was read");
        }
        else if (index.BackfilledFrames < index.LastFrame)
        {
            _wal = WalFile.Open(OpenCompanion("-wal"), PageSize, index);
        }

        // Else all of the log is in the file, and what others append to it stays out of the file until this transaction ends.
    }

    private void BeginStill(TimeSpan wait)
    {
        _still = [StillFile.Of(_path), StillFile.Of(Companion("-wal"))];
        Reopen(SqliteConnection.UriOf(_path), SqliteNative.OpenReadOnly | SqliteNative.OpenUri, wait);
        Connection.Run("BEGIN");
        Look();
        JournalMode = "wal";
        Measure();
    }

    private void Look() => _ = Connection.Number("SELECT count(*) FROM sqlite_master");

    private void Measure()
    {
        PageSize = (int)Connection.Number("PRAGMA page_size");
        PageCount = Connection.Number("PRAGMA page_count");
    }

    private WalIndexHeader? IndexHeader() =>
        Connection.Text("PRAGMA journal_mode") == "wal" ? WalIndexHeader.Read(Connection) : null;

    private bool IsWalDatabase()
    {
        Span<byte> header = stackalloc byte[20];
        return _file.Read(0, header) == header.Length && header[18] == 2;
    }

    private int ReadFile(long offset, Span<byte> buffer)
    {
        int count = _file.Read(offset, buffer);
        return count > 0 || buffer.IsEmpty
            ? count
            : throw new IOException($"it ends at byte {offset} and should have {PageCount} pages of {PageSize} bytes");
    }

    private byte[] Companion(string ending) => [.. _path, .. Encoding.ASCII.GetBytes(ending)];

    private FileHandle OpenCompanion(string ending) => StillFile.Open(Companion(ending));
}
