namespace Snapstore.Databases.MySql;

/// <summary>Restores a snapshot, or a part of it, into a server (spec/databases/mysql.md).</summary>
internal sealed class MySqlRestore(
    MySqlAddress address, string database, DatabaseRestoreRequest request, CapturedDatabase captured, CancellationToken cancel)
{
    /// <summary>Restores.</summary>
    /// <exception cref="SourceException">It failed, and how the target is now.</exception>
    /// <exception cref="UsageException">The request does not fit the snapshot or the target.</exception>
    public DatabaseRestoreReport Run()
    {
        if (captured.Description.Engine != MySqlEngine.EngineName)
            throw new UsageException($"the snapshot is of a {captured.Description.Engine} database, which cannot be restored into MySQL or MariaDB");
        CapturedLayout layout = new(captured.Description);
        RestoreContext context = new(address, request, captured, layout, cancel);
        try
        {
            if (request.Table is null)
                return new ServerRestore(context, database).Run();
            (CapturedDatabasePart part, TableDescription table) = layout.FindTable(request.Table);
            string into = database.Length > 0 ? database : part.Name;
            return request.Where is null
                ? new TableRestore(context, part, table, into).Run()
                : new RowRestore(context, part, table, into).Run();
        }
        catch (Exception e) when (MySqlErrors.IsExplained(e))
        {
            cancel.ThrowIfCancellationRequested();
            throw MySqlErrors.Explain(e, address, "restoring");
        }
    }
}
