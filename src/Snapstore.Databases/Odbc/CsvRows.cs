using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace Snapstore.Databases.Odbc;

/// <summary>Comma-separated values (RFC 4180 with LF): a line of names; NULL is empty, '' is "", bytes are base64, numbers stand
/// without quotation marks.</summary>
internal sealed class CsvRows(OdbcTable table) : RowText(table)
{
    private static readonly SearchValues<byte> NumberBytes = SearchValues.Create("0123456789+-.eE"u8);

    private readonly bool _hasTypedValues = table.Dbms == "SQLite";

    /// <inheritdoc/>
    public override void WriteHead(IBufferWriter<byte> output)
    {
        for (int i = 0; i < Table.Columns.Count; i++)
        {
            if (i > 0)
                output.Write(","u8);
            WriteQuoted(Encoding.UTF8.GetBytes(Table.Columns[i].Name), output);
        }

        output.Write("\n"u8);
    }

    /// <inheritdoc/>
    public override void Write(OdbcRow row, IBufferWriter<byte> output)
    {
        for (int i = 0; i < Table.Columns.Count; i++)
        {
            if (i > 0)
                output.Write(","u8);
            WriteValue(row.Kind(i), row.Bytes(i), Table.Columns[i], output);
        }

        output.Write("\n"u8);
    }

    /// <inheritdoc/>
    public override void ReadHead(LineReader input)
    {
        ArrayBufferWriter<byte> expected = new();
        WriteHead(expected);
        if (!input.TryRead(out ReadOnlySpan<byte> line, isQuoted: true) || !line.SequenceEqual(expected.WrittenSpan[..^1]))
            throw Bad(input, "its names are not the table's columns in their order");
    }

    /// <inheritdoc/>
    public override bool Read(LineReader input, OdbcRow row)
    {
        if (!input.TryRead(out ReadOnlySpan<byte> rest, isQuoted: true))
            return false;
        if (!Utf8.IsValid(rest))
            throw Bad(input, "text that is no valid UTF-8");
        row.Clear();
        for (int i = 0; i < Table.Columns.Count; i++)
        {
            if (i > 0 && !Take(ref rest, (byte)','))
                throw Bad(input, "it has too few values");
            if (Take(ref rest, (byte)'"'))
                ReadQuoted(ref rest, Table.Columns[i], input, row);
            else
                ReadPlain(ref rest, row);
        }

        return rest.IsEmpty ? true : throw Bad(input, "it has too many values");
    }

    private void WriteValue(ValueKind kind, ReadOnlySpan<byte> value, OdbcColumn column, IBufferWriter<byte> output)
    {
        bool isBinary = column.Kind == ColumnKind.Binary;
        if (kind == ValueKind.Null)
            return;
        if (isBinary != (kind == ValueKind.Binary) && kind is ValueKind.Text or ValueKind.Binary)
            throw new SourceException($"column {column.Name} of table {Table.FullName} holds bytes and text, which CSV cannot tell apart; use format=ndjson");
        if (isBinary && kind == ValueKind.Binary)
            WriteBinary(value, output);
        else if (kind is ValueKind.Integer or ValueKind.Real || (!_hasTypedValues && IsNumber(column, value)))
            output.Write(value);
        else
            WriteQuoted(value, output);
    }

    private static bool IsNumber(OdbcColumn column, ReadOnlySpan<byte> value) =>
        column.Kind is ColumnKind.Integer or ColumnKind.Unsigned or ColumnKind.Decimal or ColumnKind.Float
        && !value.IsEmpty && value.IndexOfAnyExcept(NumberBytes) < 0;

    private static void WriteBinary(ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        NdjsonRows.WriteBase64(value, output);
        output.Write("\""u8);
    }

    private static void WriteQuoted(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        while (text.IndexOf((byte)'"') is >= 0 and int at)
        {
            output.Write(text[..(at + 1)]);
            output.Write("\""u8);
            text = text[(at + 1)..];
        }

        output.Write(text);
        output.Write("\""u8);
    }

    private void ReadPlain(ref ReadOnlySpan<byte> rest, OdbcRow row)
    {
        int end = rest.IndexOf((byte)',');
        ReadOnlySpan<byte> value = end < 0 ? rest : rest[..end];
        rest = rest[value.Length..];
        if (value.IsEmpty)
            row.AddNull();
        else
            row.Add(!_hasTypedValues ? ValueKind.Text : value.IndexOfAny(".eE"u8) < 0 ? ValueKind.Integer : ValueKind.Real, value);
    }

    private void ReadQuoted(ref ReadOnlySpan<byte> rest, OdbcColumn column, LineReader input, OdbcRow row)
    {
        Span<byte> room = row.Grow(rest.Length);
        int length = 0;
        while (true)
        {
            int end = rest.IndexOf((byte)'"');
            if (end < 0)
                throw Bad(input, "a quotation mark is missing");
            rest[..end].CopyTo(room[length..]);
            length += end;
            rest = rest[(end + 1)..];
            if (!Take(ref rest, (byte)'"'))
                break;
            room[length++] = (byte)'"';
        }

        if (column.Kind != ColumnKind.Binary)
            row.Complete(ValueKind.Text, length);
        else if (Base64.DecodeFromUtf8InPlace(room[..length], out int written) == OperationStatus.Done)
            row.Complete(ValueKind.Binary, written);
        else
            throw Bad(input, "base64 that is none");
    }

    private static bool Take(ref ReadOnlySpan<byte> rest, byte value)
    {
        if (rest.IsEmpty || rest[0] != value)
            return false;
        rest = rest[1..];
        return true;
    }
}
