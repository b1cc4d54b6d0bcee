namespace Snapstore.Databases.Postgres;

/// <summary>The rows of one table at one moment, and the proof at the end that they were that table's.</summary>
internal sealed class TableRowsStream : ForwardReadStream
{
    private readonly PostgresReaders _readers;
    private readonly PostgresTable _table;
    private PostgresSession? _session;
    private CopyOutStream? _rows;

    public TableRowsStream(PostgresReaders readers, PostgresTable table)
    {
        _readers = readers;
        _table = table;
        _session = readers.Take();
        try
        {
            // Not to wait behind somebody who waits for us; the lock is there already where it could be had beforehand.
            _session.Run($"LOCK TABLE ONLY {table.Quoted} IN ACCESS SHARE MODE NOWAIT", Doing);
            RequireSameTable();
            _rows = _session.CopyOut(table.CopyOut(), Doing);
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    private string Doing => $"reading table {_table.FullName}";

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int read = _rows?.Read(buffer) ?? 0;
        if (read == 0 && !buffer.IsEmpty && _rows is not null)
            End();
        return read;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rows?.Dispose();
            _session?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void End()
    {
        _rows!.Dispose();
        _rows = null;
        RequireSameTable();
        _readers.GiveBack(_session!);
        _session = null;
    }

    // The lock is on the table; a schema can still be renamed, and another take its name.
    private void RequireSameTable()
    {
        string? oid = _session!.One("SELECT to_regclass($1)::oid::text", Doing, _table.Quoted);
        if (oid != _table.Oid)
            throw new SourceException($"{_session.Server.Name}: {Doing}: its schema was renamed while it was read; run again");
    }
}
