namespace Snapstore.Sources.Split;

/// <summary>A stream read front to back through one buffer, for those who take it apart.</summary>
/// <param name="stream">The bytes; not disposed of.</param>
/// <param name="what">What it is, for messages: "tar archive".</param>
/// <param name="bufferSize">Bytes that <see cref="Take"/> and <see cref="Fill"/> can give at most.</param>
internal sealed class ByteInput(Stream stream, string what, int bufferSize = ByteInput.BufferSize)
{
    private const int BufferSize = 1 << 20;

    private readonly byte[] _buffer = LargeBuffer.Allocate(bufferSize);
    private int _start, _end;
    private long _consumed;
    private bool _isEnd;

    /// <summary>Where in the stream the next byte stands.</summary>
    public long Position => _consumed;

    /// <summary>True once the stream's end was seen.</summary>
    public bool HasEnded => _isEnd;

    /// <summary>Bytes that are at hand.</summary>
    public ReadOnlySpan<byte> Available => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Reads until this many bytes are at hand, or the stream has ended; returns what is at hand.</summary>
    public ReadOnlySpan<byte> Fill(int count)
    {
        if (_end - _start < count && _start > 0)
        {
            Available.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        while (_end - _start < count && !_isEnd)
        {
            int read = Read(_buffer.AsSpan(_end));
            _isEnd = read == 0;
            _end += read;
        }

        return Available;
    }

    /// <summary>Passes over bytes that are at hand.</summary>
    public void Advance(int count)
    {
        _start += count;
        _consumed += count;
    }

    /// <summary>The next bytes; they hold until the next call.</summary>
    /// <exception cref="SourceException">The stream ends before.</exception>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (Fill(count).Length < count)
            throw CutShort();
        ReadOnlySpan<byte> taken = _buffer.AsSpan(_start, count);
        Advance(count);
        return taken;
    }

    /// <summary>Bytes of their own.</summary>
    /// <exception cref="SourceException">The stream ends before.</exception>
    public byte[] TakeArray(long count, long max)
    {
        if (count > max)
            throw Damaged($"an item of {count} bytes, which is more than it can have");
        if (count <= _buffer.Length)
            return Take((int)count).ToArray();
        // No more is made room for than there is: a length may be a lie.
        List<byte> taken = [];
        while (taken.Count < count)
            taken.AddRange(Take((int)Math.Min(_buffer.Length, count - taken.Count)));
        return [.. taken];
    }

    /// <summary>Passes this many bytes on, in parts as they come.</summary>
    /// <exception cref="SourceException">The stream ends before.</exception>
    public void Copy(long count, Action<ReadOnlySpan<byte>> take, CancellationToken cancel)
    {
        while (count > 0)
        {
            cancel.ThrowIfCancellationRequested();
            int part = (int)Math.Min(count, Fill(1).Length);
            if (part == 0)
                throw CutShort();
            take(_buffer.AsSpan(_start, part));
            Advance(part);
            count -= part;
        }
    }

    /// <summary>Passes over this many bytes.</summary>
    /// <exception cref="SourceException">The stream ends before.</exception>
    public void Skip(long count, CancellationToken cancel) => Copy(count, static _ => { }, cancel);

    private int Read(Span<byte> buffer)
    {
        try
        {
            return stream.Read(buffer);
        }
        catch (IOException e)
        {
            throw new SourceException($"the {what} could not be read further than byte {_consumed + (_end - _start)}: {e.Message}; no snapshot was made", e);
        }
    }

    /// <summary>The stream is not what it should be.</summary>
    public SourceException Damaged(string problem) =>
        new($"the {what} is damaged or none at byte {_consumed}: {problem}; no snapshot was made");

    /// <summary>The stream ends where it should go on.</summary>
    public SourceException CutShort() =>
        new($"the {what} is cut short: it ends at byte {_consumed + (_end - _start)}; no snapshot was made");
}
