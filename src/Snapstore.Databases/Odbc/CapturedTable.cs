using System.Buffers;
using Snapstore.Browse;
using Snapstore.Hashing;

namespace Snapstore.Databases.Odbc;

/// <summary>A table in a snapshot.</summary>
/// <param name="Description">What was recorded of it.</param>
/// <param name="Table">Its definition.</param>
internal sealed record CapturedTable(TableDescription Description, OdbcTable Table)
{
    /// <summary>The tables of a snapshot.</summary>
    /// <exception cref="UsageException">It is no snapshot of this engine.</exception>
    public static IReadOnlyList<CapturedTable> ReadAll(CapturedDatabase captured, SnapshotFiles files)
    {
        if (captured.Description.Engine != OdbcEngine.EngineName)
            throw new UsageException($"this snapshot is of {captured.Description.Engine}; odbc: takes those that odbc: made");
        List<CapturedTable> tables = [];
        foreach (TableDescription description in captured.Description.Tables)
        {
            if (description.Definition is null || description.File is null)
                throw new CorruptDataException($"{DatabaseDescription.FileName} names no files for table {description.Name}");
            tables.Add(new CapturedTable(description, OdbcTable.Decode(files.ReadAll(description.Definition), description.Definition)));
        }

        return tables;
    }

    /// <summary>The table of a name, `table` or `schema.table`.</summary>
    /// <exception cref="UsageException">There is none, or more than one.</exception>
    public static CapturedTable Find(IReadOnlyList<CapturedTable> tables, string name)
    {
        CapturedTable[] found = [.. tables.Where(table => table.Table.FullName == name)];
        if (found.Length == 0)
            found = [.. tables.Where(table => table.Table.Name == name)];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new UsageException($"the snapshot has no table {name}; it has {TableChoice.Some([.. tables.Select(table => table.Table)])}"),
            _ => throw new UsageException($"the snapshot has several tables {name}: {TableChoice.Some([.. found.Select(table => table.Table)])}; name one with its schema"),
        };
    }

    /// <summary>Writes its rows.</summary>
    public Loaded Load(SnapshotFiles files, OdbcInsert insert, RunProgress progress, CancellationToken cancel)
    {
        progress.At(System.Text.Encoding.UTF8.GetBytes(Table.FullName));
        Measured measured = default;
        RowSum sum = new(Table);
        using (MeasuredStream stream = new(files.Open(Description.File!), whole => measured = whole))
        {
            RowText text = RowText.Of(Description.File!.EndsWith(".csv", StringComparison.Ordinal) ? RowFormat.Csv : RowFormat.Ndjson, Table);
            LineReader lines = new(stream);
            OdbcRow row = new();
            text.ReadHead(lines);
            while (text.Read(lines, row))
            {
                cancel.ThrowIfCancellationRequested();
                insert.Add(row);
                sum.Add(row);
            }
        }

        insert.Flush();
        progress.Add(1, measured.Bytes);
        return new Loaded(insert.Rows, measured.Checksum == Description.Checksum && insert.Rows == Description.Rows, sum);
    }
}

/// <summary>What came of loading a table.</summary>
/// <param name="Rows">Rows written.</param>
/// <param name="IsAsRecorded">True where checksum and number of rows are those of the description.</param>
/// <param name="Sum">What the rows add up to.</param>
internal sealed record Loaded(long Rows, bool IsAsRecorded, RowSum Sum);

/// <summary>Rows in any order, as one number: the sum of their hashes.</summary>
internal sealed class RowSum(OdbcTable table)
{
    private readonly NdjsonRows _text = new(table);
    private readonly ArrayBufferWriter<byte> _line = new(256);
    private readonly byte[] _hash = new byte[32];
    private readonly ulong[] _sum = new ulong[4];

    /// <summary>Adds a row.</summary>
    public void Add(OdbcRow row)
    {
        _line.ResetWrittenCount();
        _text.Write(row, _line);
        Blake3.Hash(_line.WrittenSpan, _hash);
        for (int i = 0; i < _sum.Length; i++)
            _sum[i] = unchecked(_sum[i] + BitConverter.ToUInt64(_hash, i * sizeof(ulong)));
    }

    /// <summary>True where the same rows were added.</summary>
    public bool IsSameAs(RowSum other) => _sum.AsSpan().SequenceEqual(other._sum);
}
