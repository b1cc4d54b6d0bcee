using System.Globalization;
using System.Text;
using Snapstore.Posix;

namespace Snapstore.Databases.Sqlite;

/// <summary>Restores a whole database: written beside its place under another name, examined, then renamed.</summary>
internal sealed class SqliteWholeRestore(string path, TimeSpan wait, DatabaseRestoreRequest request, CapturedDatabase captured, CancellationToken cancel)
{
    private const int NewFileMode = 0x1a4; // 0644, as SQLite itself makes files

    private readonly CapturedFile _captured = new(captured, request.Progress, cancel);
    private readonly List<string> _problems = [], _notes = [];

    public DatabaseRestoreReport Run()
    {
        string folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
            throw new UsageException($"the directory {folder} does not exist; make it first");
        if (Directory.Exists(path))
            throw new UsageException($"sqlite:{path} is a directory; name a file");
        string? inTheWay = InTheWay();
        if (inTheWay is not null && !request.Clean)
            throw new UsageException($"sqlite:{path} is not empty: {inTheWay}; nothing was changed. --clean replaces it");
        RefuseInUse();
        if (request.DryRun)
            return Report([.. captured.Description.Tables.Select(table => new TableOutcome(table.Name, table.Rows, table.Rows, IsVerified: false))]);
        if (inTheWay is not null && !request.Confirm($"sqlite:{path} has {inTheWay}: all of it is removed, and the snapshot takes its place"))
            throw new UsageException("not confirmed; nothing was changed");
        return Replace(folder, inTheWay is not null);
    }

    private DatabaseRestoreReport Replace(string folder, bool replaces)
    {
        string beside = Path.Combine(folder, $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}.snapstore");
        try
        {
            _captured.Write(beside, File.Exists(path) ? (int)File.GetUnixFileMode(path) : NewFileMode);
            List<TableOutcome> tables = Examine(beside);
            if (replaces)
                DatabaseRestoreReport.RefuseToReplace(_problems, "restore it to another path and look");
            KeepOwner(beside);
            PutInPlace(beside, folder);
            VerifyPlaced();
            return Report(tables);
        }
        finally
        {
            // Renamed, it is no longer there.
            File.Delete(beside);
        }
    }

    // Null where nothing would be lost.
    private string? InTheWay()
    {
        if (StillFile.LengthOf(Bytes(path)) is var length && length <= 0)
        {
            string? leftover = ((string[])[path + "-wal", path + "-journal"]).FirstOrDefault(file => StillFile.LengthOf(Bytes(file)) > 0);
            return leftover is null ? null : $"a leftover {Path.GetFileName(leftover)}, which may hold what was last written";
        }

        using (FileHandle file = StillFile.Open(Bytes(path)))
        {
            Span<byte> start = stackalloc byte[16];
            if (!SqliteFiles.IsDatabase(start[..file.Read(0, start)]))
                throw new UsageException($"{path} is a file and no SQLite database; remove it yourself if it may go");
        }

        try
        {
            bool hasJournal = StillFile.LengthOf(Bytes(path + "-wal")) > 0 || StillFile.LengthOf(Bytes(path + "-journal")) > 0;
            int flags = hasJournal ? SqliteNative.OpenReadOnly : SqliteNative.OpenReadWrite; // what was left half done stays so
            using SqliteConnection connection = SqliteConnection.Open(Bytes(path), flags, wait);
            List<string> names = connection.Texts("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
            return names.Count == 0 && connection.Number("SELECT count(*) FROM sqlite_master") == 0 ? null : Described(names);
        }
        catch (SqliteException e) when (e.BasicCode is SqliteException.Corrupt or SqliteException.NoDatabase or SqliteException.Io)
        {
            return $"a damaged database of {length} bytes";
        }
        catch (SqliteException e) when (e.Code == SqliteException.ReadOnlyRollback)
        {
            return $"a database of {length} bytes that was left in the middle of a transaction";
        }
    }

    private static string Described(List<string> tables) => string.Create(
        CultureInfo.InvariantCulture, $"{tables.Count} tables ({string.Join(", ", tables.Take(10))}{(tables.Count > 10 ? ", ..." : "")})");

    private List<TableOutcome> Examine(string file)
    {
        using SqliteConnection connection = SqliteConnection.Open(SqliteConnection.UriOf(Bytes(file)), SqliteNative.OpenReadOnly | SqliteNative.OpenUri, wait);
        using CancellationTokenRegistration stop = cancel.Register(connection.Interrupt);
        List<string> found = connection.Texts("PRAGMA integrity_check(5)");
        if (found is not ["ok"])
            _problems.Add($"the database was damaged already when it was captured: {string.Join("; ", found)}");

        long orphans = ForeignKeyViolations(connection);
        if (orphans > 0)
            _notes.Add($"{orphans} rows name rows of other tables that do not exist, as they did when the database was captured (PRAGMA foreign_key_check)");
        return [.. captured.Description.Tables.Select(table => Outcome(connection, table))];
    }

    private TableOutcome Outcome(SqliteConnection connection, TableDescription table)
    {
        long rows;
        try
        {
            rows = SqliteCatalog.Count(connection, "main", table.Name);
        }
        catch (SqliteException e) when (_problems.Count > 0)
        {
            _problems.Add($"table {table.Name}: {e.Message}");
            rows = -1;
        }

        if (rows >= 0 && rows != table.Rows)
            _problems.Add($"table {table.Name} has {rows} rows instead of {table.Rows}");
        request.Progress.Add(files: 1, 0);
        return new TableOutcome(table.Name, rows, table.Rows, IsVerified: rows == table.Rows);
    }

    private static long ForeignKeyViolations(SqliteConnection connection)
    {
        try
        {
            return connection.Number("SELECT count(*) FROM pragma_foreign_key_check");
        }
        catch (SqliteException)
        {
            // A key that names no unique columns: SQLite cannot check it, and could not before.
            return 0;
        }
    }

    private void KeepOwner(string beside)
    {
        if (StillFile.StatOf(Bytes(path)) is not { } stat)
            return;
        using FileHandle file = StillFile.Open(Bytes(beside));
        file.SetOwner(stat.Uid, stat.Gid);
        file.SetMode(stat.Mode);
    }

    // An old log beside a new file would be applied to it: so the log is emptied into the old file and removed first.
    private void PutInPlace(string beside, string folder)
    {
        RefuseInUse();
        using SqliteConnection? old = File.Exists(path) ? LockOld() : null;
        foreach (string ending in (string[])["-wal", "-shm", "-journal"])
            File.Delete(path + ending);
        File.Move(beside, path, overwrite: true);
        using DirectoryHandle directory = DirectoryHandle.Open(Bytes(folder));
        directory.Sync();
    }

    // Null where what is there cannot be opened, for which restores are made.
    private SqliteConnection? LockOld()
    {
        SqliteConnection old = SqliteConnection.Open(Bytes(path), SqliteNative.OpenReadWrite, wait);
        try
        {
            old.Run("PRAGMA locking_mode = EXCLUSIVE");
            old.Run("BEGIN EXCLUSIVE");
            old.Run("COMMIT");
            old.Run("PRAGMA wal_checkpoint(TRUNCATE)");
            return old;
        }
        catch (SqliteException e) when (e.BasicCode is SqliteException.Corrupt or SqliteException.NoDatabase or SqliteException.Io)
        {
            old.Dispose();
            return null;
        }
        catch
        {
            old.Dispose();
            throw;
        }
    }

    private void RefuseInUse()
    {
        List<string> users = FileUsers.Of(path);
        if (users.Count > 0)
            throw new SourceException($"sqlite:{path} is open in process {string.Join(", ", users)}, which would go on with the file that is replaced; end it first. Nothing was changed");
    }

    private void VerifyPlaced()
    {
        if (!request.Verify)
            return;
        string placed = CapturedFile.HashOf(path, cancel);
        if (placed != _captured.Checksum)
            _problems.Add($"sqlite:{path} reads back as {placed} instead of {_captured.Checksum}: the disk returns other bytes than were written, or somebody has written to it already");
    }

    private DatabaseRestoreReport Report(List<TableOutcome> tables) => new()
    {
        Tables = tables,
        Objects = [.. captured.Description.Objects.GroupBy(found => found.Kind).Select(group => (group.Key, (long)group.Count()))],
        Problems = _problems,
        Notes = _notes,
    };

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
