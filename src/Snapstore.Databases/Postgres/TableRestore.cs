namespace Snapstore.Databases.Postgres;

/// <summary>One table into a live database.</summary>
internal sealed class TableRestore(RestoreJob job)
{
    public DatabaseRestoreReport Run() => throw new UnsupportedException("restores of one table come next: " + job.Request.Table);
}
