using System.Buffers;

namespace Snapstore.Databases.MySql;

/// <summary>The rows of a query as text, one row a line (spec/databases/mysql.md): values separated by tabs, NULL as \N, in
/// texts `\\ \t \n \r \0` for what would break a line, bytes as hexadecimal digits.</summary>
/// <remarks>Memory: 64 KiB, whatever the size of a value.</remarks>
/// <param name="connection">Where the query was begun, and its first row asked for.</param>
/// <param name="hasRow">What <see cref="MySqlConnection.NextRow"/> said.</param>
/// <param name="isHex">For each column whether its values are bytes.</param>
/// <param name="done">Told once, when the rows are at their end (null), or will not be read to it (why); gives the error that
/// is thrown in its place.</param>
internal sealed class RowStream(MySqlConnection connection, bool hasRow, bool[] isHex, Func<Exception?, Exception?> done) : ForwardReadStream
{
    private const int OutputSize = 64 << 10, Reserve = 16;

    private static readonly SearchValues<byte> Special = SearchValues.Create("\\\t\n\r\0"u8);

    private readonly byte[] _output = new byte[OutputSize];
    private int _start, _end, _column = -1;
    private long _valueLeft;
    private bool? _hasRow = hasRow;
    private bool _isDone;

    public override int Read(Span<byte> buffer)
    {
        if (_start == _end && !_isDone && !buffer.IsEmpty)
            Produce();
        int count = Math.Min(buffer.Length, _end - _start);
        _output.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDone)
        {
            _isDone = true;
            _ = done(new OperationCanceledException());
        }

        base.Dispose(disposing);
    }

    private void Produce()
    {
        _start = _end = 0;
        try
        {
            while (OutputSize - _end > Reserve && !_isDone)
                Step();
        }
        catch (Exception e)
        {
            _isDone = true;
            if (done(e) is { } error)
                throw error;
            throw;
        }

        if (_isDone)
            _ = done(null);
    }

    // One step: a row begins, a value begins, a piece of a value, or the row ends.
    private void Step()
    {
        if (_column < 0)
        {
            bool hasNext = _hasRow ?? connection.NextRow();
            _hasRow = null;
            if (hasNext)
                BeginValue(0);
            else
                _isDone = true;
        }
        else if (_valueLeft > 0)
        {
            CopyPiece();
        }
        else
        {
            BeginValue(_column + 1);
        }
    }

    private void BeginValue(int column)
    {
        _column = column;
        if (column >= isHex.Length)
        {
            _ = connection.Packets.ReadRest();
            _output[_end++] = (byte)'\n';
            _column = -1;
            return;
        }

        if (column > 0)
            _output[_end++] = (byte)'\t';
        long? length = connection.Packets.ReadLength();
        _valueLeft = length ?? 0;
        if (length is not null)
            return;
        _output[_end++] = (byte)'\\';
        _output[_end++] = (byte)'N';
    }

    private void CopyPiece()
    {
        ReadOnlySpan<byte> piece = connection.Packets.Peek();
        int count = (int)Math.Min(Math.Min(piece.Length, _valueLeft), (OutputSize - _end) / 2);
        if (isHex[_column])
            WriteHex(piece[..count]);
        else
            WriteText(piece[..count]);
        connection.Packets.Advance(count);
        _valueLeft -= count;
    }

    private void WriteHex(ReadOnlySpan<byte> bytes)
    {
        Convert.TryToHexStringLower(bytes, _output.AsSpan(_end), out int written);
        _end += written;
    }

    private void WriteText(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            int plain = text.IndexOfAny(Special);
            int count = plain < 0 ? text.Length : plain;
            text[..count].CopyTo(_output.AsSpan(_end));
            _end += count;
            if (plain < 0)
                return;
            _output[_end++] = (byte)'\\';
            _output[_end++] = text[plain] switch { (byte)'\t' => (byte)'t', (byte)'\n' => (byte)'n', (byte)'\r' => (byte)'r', 0 => (byte)'0', _ => (byte)'\\' };
            text = text[(plain + 1)..];
        }
    }
}
