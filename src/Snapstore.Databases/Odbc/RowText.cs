using System.Buffers;

namespace Snapstore.Databases.Odbc;

/// <summary>How rows are written to and read from a file of a snapshot (spec/databases/odbc.md).</summary>
/// <param name="table">Whose rows.</param>
internal abstract class RowText(OdbcTable table)
{
    /// <summary>The table.</summary>
    protected OdbcTable Table { get; } = table;

    /// <summary>The form of a file.</summary>
    public static RowText Of(RowFormat format, OdbcTable table) => format == RowFormat.Csv ? new CsvRows(table) : new NdjsonRows(table);

    /// <summary>Writes what stands before the first row.</summary>
    public virtual void WriteHead(IBufferWriter<byte> output)
    {
    }

    /// <summary>Writes a row.</summary>
    public abstract void Write(OdbcRow row, IBufferWriter<byte> output);

    /// <summary>Reads what stands before the first row.</summary>
    public virtual void ReadHead(LineReader input)
    {
    }

    /// <summary>Reads a row; false at the end.</summary>
    /// <exception cref="CorruptDataException">It is none.</exception>
    public abstract bool Read(LineReader input, OdbcRow row);

    /// <summary>The error for a line that is no row.</summary>
    protected CorruptDataException Bad(LineReader input, string problem) =>
        new($"the rows of table {Table.FullName} cannot be read, line {input.Lines}: {problem}");
}
