using Snapstore.Browse;

namespace Snapstore.Databases.MySql;

/// <summary>Fills a table, made empty before, with the rows of a snapshot, and compares what it then has with what was recorded.</summary>
/// <param name="connection">For the writing, in a session of a restore.</param>
/// <param name="request">Whether the rows are read back.</param>
/// <param name="cancel">Gives up.</param>
internal sealed class TableLoader(MySqlConnection connection, DatabaseRestoreRequest request, CancellationToken cancel)
{
    private readonly long _packetMax = PacketMaxOf(connection);

    /// <summary>What is not as it was recorded.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>What is worth knowing.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Fills the table.</summary>
    /// <param name="files">The snapshot.</param>
    /// <param name="table">The table as it was captured.</param>
    /// <param name="database">The database it is in now.</param>
    /// <param name="name">Its name now.</param>
    /// <param name="title">Its name for reports.</param>
    public TableOutcome Load(SnapshotFiles files, TableDescription table, string database, string name, string title)
    {
        Measured read = default;
        string target = Sql.Name(database, name);
        bool hasHistory = table.Properties.ContainsKey("history");
        if (hasHistory)
            connection.Execute("SET SESSION system_versioning_insert_history=1");
        InsertWriter writer = new(connection, target, [.. table.Columns.Select(column => column.Name)], Forms(table), _packetMax);
        using (MeasuredStream rows = new(files.Open(table.File!), measured => read = measured))
        {
            connection.Execute("SET SESSION autocommit=0");
            writer.WriteAll(rows, cancel);
            connection.Execute("COMMIT");
            connection.Execute("SET SESSION autocommit=1");
        }

        request.Progress.Add(1, read.Bytes);
        return Compare(table, read, writer, target, title, hasHistory);
    }

    /// <summary>How the values of a table stand in its file.</summary>
    public static string[] Forms(TableDescription table) => table.Columns.Count == 0 ? [] : table.Properties.GetValueOrDefault("forms", "").Split(' ');

    /// <summary>Puts rows into a temporary table with the columns of the captured one, where they must be exactly those of the snapshot:
    /// they are about to be compared with live ones, and written over them.</summary>
    /// <exception cref="SourceException">They are not.</exception>
    public void Stage(SnapshotFiles files, TableDescription table, string target)
    {
        Measured read = default;
        InsertWriter writer = new(connection, target, [.. table.Columns.Select(column => column.Name)], Forms(table), _packetMax);
        using (MeasuredStream rows = new(files.Open(table.File!), measured => read = measured))
            writer.WriteAll(rows, cancel);
        if (read.Checksum != table.Checksum)
            throw new SourceException($"{table.Name}: the rows in the snapshot are not those recorded when it was taken; nothing was changed");
        if (writer.Warnings.Count > 0 && !IsSameInTarget(table, target, "", table.Name, writer.Warnings))
            throw new SourceException($"{Problems[^1]}; nothing was changed");
    }

    private static long PacketMaxOf(MySqlConnection connection) =>
        long.Parse(connection.QueryValue("SELECT @@max_allowed_packet")!, System.Globalization.CultureInfo.InvariantCulture);

    private TableOutcome Compare(TableDescription table, Measured read, InsertWriter writer, string target, string title, bool hasHistory)
    {
        string history = hasHistory ? " FOR SYSTEM_TIME ALL" : "";
        long count = long.Parse(connection.QueryValue($"SELECT COUNT(*) FROM {target}{history}")!, System.Globalization.CultureInfo.InvariantCulture);
        bool isAsRecorded = read.Checksum == table.Checksum && read.Lines == table.Rows;
        if (!isAsRecorded)
            Problems.Add($"{title}: the rows in the snapshot are not those recorded when it was taken ({read.Lines} rows, {table.Rows} recorded)");
        if (count != table.Rows)
            Problems.Add($"{title}: {count} rows are in the target, {table.Rows} were recorded");
        bool isSame = true;
        if (request.Verify || writer.Warnings.Count > 0)
            isSame = IsSameInTarget(table, target, history, title, writer.Warnings);
        return new TableOutcome(title, count, table.Rows, isAsRecorded && count == table.Rows && isSame);
    }

    // A warning need not mean a difference: an empty ENUM gives one. Reading back tells.
    private bool IsSameInTarget(TableDescription table, string target, string history, string title, List<string> warnings)
    {
        string checksum = ReadBack(table, target, history);
        if (checksum == table.Checksum)
        {
            if (warnings.Count > 0)
                Notes.Add($"{title}: the server warned ({warnings[0]}), yet the rows are those of the snapshot");
            return true;
        }

        string why = warnings.Count > 0 ? $"; the server warned: {string.Join("; ", warnings.Distinct())}" : "";
        Problems.Add($"{title}: what the target gives back differs from the snapshot{why}");
        return false;
    }

    private string ReadBack(TableDescription table, string target, string history)
    {
        string list = table.Columns.Count == 0 ? "1" : string.Join(", ", table.Columns.Zip(Forms(table), Expression));
        string order = table.Properties.GetValueOrDefault("order", "");
        string hint = order.Length == 0 && table.Properties.GetValueOrDefault("engine") == "InnoDB" ? "USE INDEX ()" : "";
        connection.BeginRows($"SELECT {list} FROM {target}{history} {hint} {order}");
        string checksum = "";
        using MeasuredStream rows = new(
            new RowStream(connection, connection.NextRow(), [.. Forms(table).Select(form => form.StartsWith(MySqlColumn.HexForm, StringComparison.Ordinal))], e => e),
            measured => checksum = measured.Checksum);
        rows.CopyTo(Stream.Null);
        return checksum;
    }

    private static string Expression(ColumnDescription column, string form)
    {
        string name = Sql.Name(column.Name);
        if (form.Contains(':', StringComparison.Ordinal))
            return $"CAST({name} AS BINARY)";
        return column.Type.StartsWith("float", StringComparison.Ordinal) ? $"{name}*1e0" : name;
    }
}
