namespace Snapstore.Databases.Postgres;

/// <summary>Chosen rows into a live table.</summary>
internal sealed class RowRestore(RestoreJob job)
{
    public DatabaseRestoreReport Run() => throw new UnsupportedException("restores of rows come next: " + job.Request.Table);
}
