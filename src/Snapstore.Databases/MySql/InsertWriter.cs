using System.Buffers;
using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>Turns rows of a snapshot into INSERT statements of many rows, while they are read.</summary>
/// <remarks>What escapes a line end in the file escapes it in SQL too: only the quote is added. Memory: one statement, or one
/// frame of the protocol (16 MiB) where a single value is longer. Commits after every 32 MiB: a table is filled while nobody
/// relies on it.</remarks>
/// <param name="connection">Where to, in a session of <see cref="SessionSettings.ApplyForRestore"/>.</param>
/// <param name="table">The table's name as SQL.</param>
/// <param name="columns">Names of the columns.</param>
/// <param name="forms">How their values stand in the file.</param>
/// <param name="packetMax">Bytes of the largest statement that the server takes; a quarter of it ends a statement, if not 512 KiB do.</param>
internal sealed class InsertWriter(MySqlConnection connection, string table, IReadOnlyList<string> columns, IReadOnlyList<string> forms, long packetMax)
{
    private const int BatchMin = 1024, BatchMax = 512 << 10, BufferSize = 64 << 10, WarningsMax = 3, CommitSize = 32 << 20;

    private static readonly SearchValues<byte> TextStops = SearchValues.Create("\t\n\\'"u8);

    private readonly byte[] _insert = Encoding.UTF8.GetBytes($"INSERT INTO {table} ({Sql.Names(columns)}) VALUES ");
    private readonly byte[][] _openings = [.. forms.Select(Opening)];
    private readonly long _batchSize = Math.Clamp(packetMax / 4, BatchMin, BatchMax);
    private readonly bool[] _isHex = [.. forms.Select(form => form.StartsWith(MySqlColumn.HexForm, StringComparison.Ordinal))];
    private PacketWriter? _statement;
    private Place _place = Place.RowStart;
    private int _column;
    private long _sinceCommit;

    private enum Place
    {
        RowStart,
        ValueStart,
        ValueStartEscape,
        InValue,
        InEscape,
        AfterNull,
    }

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>What the server had to say of values.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Writes all rows of the file.</summary>
    /// <exception cref="CorruptDataException">It is no file of rows of this table.</exception>
    public void WriteAll(Stream rows, CancellationToken cancel)
    {
        byte[] buffer = new byte[BufferSize];
        while (rows.Read(buffer) is > 0 and int count)
        {
            cancel.ThrowIfCancellationRequested();
            Write(buffer.AsSpan(0, count));
        }

        if (_place != Place.RowStart)
            throw Damaged();
        if (_statement is not null)
            EndStatement();
    }

    private static byte[] Opening(string form)
    {
        if (form == MySqlColumn.TextForm)
            return [(byte)'\''];
        int colon = form.IndexOf(':', StringComparison.Ordinal);
        return Encoding.ASCII.GetBytes(colon < 0 ? "x'" : $"_{form[(colon + 1)..]} x'");
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int taken = _place switch
            {
                Place.RowStart => BeginRow(),
                Place.ValueStart => BeginValue(bytes[0]),
                Place.InValue => Plain(bytes),
                _ => AfterMark(bytes[0]),
            };
            bytes = bytes[taken..];
        }
    }

    private int BeginRow()
    {
        if (_statement is null)
        {
            _statement = connection.BeginStatement();
            _statement.Bytes(_insert);
        }
        else
        {
            _statement.Byte((byte)',');
        }

        _statement.Byte((byte)'(');
        _column = 0;
        _place = Place.ValueStart;
        return 0;
    }

    private int BeginValue(byte first)
    {
        if (forms.Count == 0)
        {
            if (first != (byte)'\n')
                throw Damaged();
            EndRow();
            return 1;
        }

        if (_column >= forms.Count)
            throw Damaged();
        if (first == (byte)'\\')
        {
            _place = Place.ValueStartEscape;
            return 1;
        }

        _statement!.Bytes(_openings[_column]);
        _place = Place.InValue;
        return 0;
    }

    private int Plain(ReadOnlySpan<byte> bytes)
    {
        int stop = bytes.IndexOfAny(TextStops);
        ReadOnlySpan<byte> plain = stop < 0 ? bytes : bytes[..stop];
        if (_isHex[_column] && !IsHex(plain))
            throw Damaged();
        // The server would close the connection over it, and say nothing.
        if (_statement!.Length + plain.Length > packetMax)
            throw new MySqlRefusal(MySqlRefusal.PacketTooLarge, $"row {Rows + 1} of table {table}, max_allowed_packet is {packetMax}");
        _statement.Bytes(plain);
        if (stop < 0)
            return bytes.Length;
        Stop(bytes[stop]);
        return stop + 1;
    }

    private void Stop(byte mark)
    {
        if (mark is (byte)'\t' or (byte)'\n')
        {
            _statement!.Byte((byte)'\'');
            EndValue(mark);
        }
        else if (_isHex[_column])
        {
            throw Damaged();
        }
        else if (mark == (byte)'\'')
        {
            _statement!.Bytes("\\'"u8);
        }
        else
        {
            _place = Place.InEscape;
        }
    }

    // The byte after a backslash, or after NULL's mark.
    private int AfterMark(byte next)
    {
        if (_place == Place.AfterNull)
        {
            if (next is not ((byte)'\t' or (byte)'\n'))
                throw Damaged();
            EndValue(next);
            return 1;
        }

        if (_place == Place.ValueStartEscape && next == (byte)'N')
        {
            _statement!.Bytes("NULL"u8);
            _place = Place.AfterNull;
            return 1;
        }

        if (_isHex[_column] || !"\\tnr0"u8.Contains(next))
            throw Damaged();
        if (_place == Place.ValueStartEscape)
            _statement!.Bytes(_openings[_column]);
        _statement!.Bytes([(byte)'\\', next]);
        _place = Place.InValue;
        return 1;
    }

    private void EndValue(byte mark)
    {
        _column++;
        if (mark == (byte)'\t')
        {
            _statement!.Byte((byte)',');
            _place = Place.ValueStart;
            return;
        }

        if (_column != forms.Count)
            throw Damaged();
        EndRow();
    }

    private void EndRow()
    {
        _statement!.Byte((byte)')');
        Rows++;
        _place = Place.RowStart;
        if (_statement.Length >= _batchSize)
            EndStatement();
    }

    private void EndStatement()
    {
        _sinceCommit += _statement!.Length;
        _statement = null;
        connection.EndStatement();
        if (connection.Warnings > 0 && Warnings.Count < WarningsMax)
            Warnings.AddRange(connection.QueryText("SHOW WARNINGS LIMIT 3").Select(row => row[2]!));
        if (_sinceCommit < CommitSize)
            return;
        _sinceCommit = 0;
        connection.Execute("COMMIT");
    }

    private static bool IsHex(ReadOnlySpan<byte> text) => text.IndexOfAnyExcept(HexDigits) < 0;

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdef"u8);

    private CorruptDataException Damaged() => new($"the rows of {table} in the snapshot are not in the form that its description says, near row {Rows + 1}");
}
