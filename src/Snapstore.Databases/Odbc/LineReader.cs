namespace Snapstore.Databases.Odbc;

/// <summary>Lines of a stream. Memory: the longest line.</summary>
internal sealed class LineReader(Stream input)
{
    private byte[] _buffer = new byte[64 << 10];
    private int _start, _end;

    /// <summary>Lines so far.</summary>
    public long Lines { get; private set; }

    /// <summary>The next line without its LF, valid until the next call; false at the end.</summary>
    /// <param name="line">The line.</param>
    /// <param name="isQuoted">True where an LF between two quotation marks belongs to the line.</param>
    /// <exception cref="CorruptDataException">The last line has no LF.</exception>
    public bool TryRead(out ReadOnlySpan<byte> line, bool isQuoted)
    {
        int looked = 0, quotes = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + looked, _end - _start - looked).IndexOf((byte)'\n');
            int upTo = at < 0 ? _end - _start : looked + at;
            if (isQuoted)
                quotes += _buffer.AsSpan(_start + looked, upTo - looked).Count((byte)'"');
            looked = upTo;
            if (at >= 0 && quotes % 2 == 0)
            {
                line = _buffer.AsSpan(_start, looked);
                _start += looked + 1;
                Lines++;
                return true;
            }

            if (at >= 0)
                looked++;
            else if (!Fill())
                return AtEnd(out line);
        }
    }

    private bool AtEnd(out ReadOnlySpan<byte> line)
    {
        line = default;
        return _start == _end ? false : throw new CorruptDataException($"a file of rows ends within line {Lines + 1}");
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Min(_buffer.Length * 2L, Array.MaxLength));
        int got = input.Read(_buffer.AsSpan(_end));
        _end += got;
        return got > 0;
    }
}
