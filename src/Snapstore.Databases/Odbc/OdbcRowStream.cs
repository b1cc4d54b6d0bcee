using System.Buffers;

namespace Snapstore.Databases.Odbc;

/// <summary>The rows of a table as the bytes of their file. Memory: 64 KiB and the largest row.</summary>
internal sealed class OdbcRowStream : ForwardReadStream
{
    private const int FillSize = 64 << 10;

    private readonly OdbcRowReader _rows;
    private readonly RowText _text;
    private readonly ArrayBufferWriter<byte> _buffer = new(FillSize * 2);
    private readonly CancellationToken _cancel;
    private readonly Action<long> _whenDone;
    private int _taken;
    private bool _isDone;

    /// <summary>The stream.</summary>
    /// <param name="rows">The rows; disposed of with this.</param>
    /// <param name="text">How they are written.</param>
    /// <param name="whenDone">Told the number of rows at their end.</param>
    /// <param name="cancel">Gives the reading up.</param>
    public OdbcRowStream(OdbcRowReader rows, RowText text, Action<long> whenDone, CancellationToken cancel)
    {
        (_rows, _text, _whenDone, _cancel) = (rows, text, whenDone, cancel);
        text.WriteHead(_buffer);
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_taken == _buffer.WrittenCount)
            Fill();
        ReadOnlySpan<byte> ready = _buffer.WrittenSpan[_taken..];
        int count = Math.Min(ready.Length, buffer.Length);
        ready[..count].CopyTo(buffer);
        _taken += count;
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _rows.Dispose();
        base.Dispose(disposing);
    }

    private void Fill()
    {
        _buffer.ResetWrittenCount();
        _taken = 0;
        _cancel.ThrowIfCancellationRequested();
        while (!_isDone && _buffer.WrittenCount < FillSize)
        {
            if (_rows.Next() is { } row)
                _text.Write(row, _buffer);
            else
                End();
        }
    }

    private void End()
    {
        _isDone = true;
        _whenDone(_rows.Rows);
    }
}
