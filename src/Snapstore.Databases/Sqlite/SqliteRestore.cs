namespace Snapstore.Databases.Sqlite;

/// <summary>Restores a snapshot of a SQLite database, whole or in part, into a database file.</summary>
internal sealed class SqliteRestore(string path, TimeSpan wait, DatabaseRestoreRequest request, CapturedDatabase captured, CancellationToken cancel)
{
    /// <summary>Does what the request asks for.</summary>
    public DatabaseRestoreReport Run()
    {
        if (captured.Description.Engine != SqliteEngine.EngineName)
            throw new UsageException($"the snapshot is of a {captured.Description.Engine} database and cannot be restored into SQLite");
        try
        {
            return Choose();
        }
        catch (SqliteException e)
        {
            cancel.ThrowIfCancellationRequested();
            throw new SourceException($"{e.ToSource(path).Message}; nothing was changed", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"sqlite:{path}: {e.Message}; nothing was changed", e);
        }
    }

    private DatabaseRestoreReport Choose()
    {
        bool isOfRows = request.Where is not null || request.Apply != RowChange.None;
        if (request.Table is null)
        {
            return isOfRows || request.TableAs is not null
                ? throw new UsageException("rows and new names are those of one table; name it with --table")
                : new SqliteWholeRestore(path, wait, request, captured, cancel).Run();
        }

        RefuseWithoutTarget();
        string folder = Directory.CreateTempSubdirectory("snapstore-").FullName;
        bool isNew = !File.Exists(path);
        try
        {
            string staged = Path.Combine(folder, "captured");
            new CapturedFile(captured, request.Progress, cancel).Write(staged, mode: 0x180); // 0600
            using SqliteTarget target = SqliteTarget.Open(path, staged, request.Create, wait);
            using CancellationTokenRegistration stop = cancel.Register(target.Connection.Interrupt);
            using IDisposable? unmade = isNew && request.DryRun ? new Removal(path) : null;
            return isOfRows ? new SqliteRowRestore(target, request).Run() : new SqliteTableRestore(target, request, captured.Description).Run();
        }
        catch when (isNew)
        {
            File.Delete(path);
            throw;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // SQLite makes the file as soon as it looks at it.
    private sealed class Removal(string path) : IDisposable
    {
        public void Dispose() => File.Delete(path);
    }

    private void RefuseWithoutTarget()
    {
        if (!File.Exists(path) && !request.Create)
            throw new UsageException($"sqlite:{path} does not exist; --create makes it");
        if (!Directory.Exists(Path.GetDirectoryName(path)))
            throw new UsageException($"the directory {Path.GetDirectoryName(path)} does not exist; make it first");
    }
}
