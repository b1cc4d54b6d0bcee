using Snapstore.Browse;

namespace Snapstore.Databases.Postgres;

/// <summary>Rows of the snapshot on their way into a table, counted and hashed.</summary>
internal sealed class RestoredRows(PostgresSession session, SnapshotFiles files, DatabaseRestoreRequest request)
{
    private const string Doing = "restoring table";

    private readonly byte[] _buffer = new byte[128 << 10];

    /// <summary>What is not as it was recorded.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Puts the rows of one table of the snapshot into a table of the target.</summary>
    /// <param name="table">The table of the snapshot.</param>
    /// <param name="target">The target, quoted.</param>
    /// <param name="condition">What follows `FROM STDIN`; "" for all rows.</param>
    /// <returns>What was read of the snapshot.</returns>
    public Measured Copy(TableDescription table, string target, string condition = "")
    {
        string columns = Sql.Names(table.Columns.Select(column => column.Name));
        string list = columns.Length == 0 ? "" : $" ({columns})";
        Measured read = default;
        request.Progress.At(System.Text.Encoding.UTF8.GetBytes($"{table.Schema}.{table.Name}"));
        using (MeasuredStream rows = new(files.Open(table.File!), measured => read = measured))
            session.CopyIn($"COPY {target}{list} FROM STDIN{condition}", $"{Doing} {target}", rows, _buffer);
        if (read.Checksum != table.Checksum)
            Problems.Add($"{table.File}: its content is not what was recorded when the snapshot was taken (checksum {read.Checksum} instead of {table.Checksum})");
        request.Progress.Add(1, read.Bytes);
        return read;
    }

    /// <summary>Compares what the target now holds with what was recorded.</summary>
    /// <param name="table">The table of the snapshot.</param>
    /// <param name="target">The target, quoted; it was empty before.</param>
    /// <param name="read">What was read of the snapshot.</param>
    public TableOutcome Outcome(TableDescription table, string target, Measured read)
    {
        string name = $"{table.Schema}.{table.Name}";
        bool isShared = table.Properties.ContainsKey(PostgresDescriber.ExtensionRows);
        long count = isShared ? read.Lines : session.Number($"SELECT count(*)::text FROM ONLY {target}", $"counting the rows of {target}");
        if (count != table.Rows)
            Problems.Add($"table {target} has {count} rows, the snapshot recorded {table.Rows}");
        bool isSame = count == table.Rows && read.Checksum == table.Checksum;
        if (request.Verify && !isShared && !IsReadBackAsWritten(table, target))
        {
            Problems.Add($"table {target} read back from the server is not what the snapshot holds");
            isSame = false;
        }

        return new TableOutcome(name, count, table.Rows, isSame);
    }

    // A fresh table lies in the order in which its rows came.
    private bool IsReadBackAsWritten(TableDescription table, string target)
    {
        string columns = Sql.Names(table.Columns.Select(column => column.Name));
        string list = columns.Length == 0 ? "" : $" ({columns})";
        Measured read = default;
        using MeasuredStream rows = new(session.CopyOut($"COPY {target}{list} TO STDOUT", $"reading back {target}"), measured => read = measured);
        rows.CopyTo(Stream.Null);
        return read.Checksum == table.Checksum;
    }
}
