namespace Snapstore.Backup;

/// <summary>Bytes on their way from the thread that writes them to the one that reads them, through a ring.</summary>
/// <param name="ring">Where they wait.</param>
/// <param name="returnRing">Takes the ring back once both sides are done.</param>
internal sealed class HandedStream(byte[] ring, Action<byte[]> returnRing) : ForwardReadStream
{
    /// <summary>Bytes of a ring: so much may be written that is not read.</summary>
    public const int RingSize = 512 << 10;

    private readonly object _lock = new();
    private int _start, _length;
    private bool _isEnded, _isGivenUp, _isClosed;

    /// <summary>True where the writer has written all.</summary>
    public bool IsEnded
    {
        get
        {
            lock (_lock)
                return _isEnded;
        }
    }

    /// <summary>Takes bytes from the writer; false where nobody will read them.</summary>
    public bool TryHand(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int end, room;
            lock (_lock)
            {
                while (_length == ring.Length && !_isClosed)
                    Monitor.Wait(_lock);
                if (_isClosed)
                    return false;
                end = (_start + _length) % ring.Length;
                room = Math.Min(ring.Length - _length, ring.Length - end);
            }

            // The reader touches only what is counted in.
            int count = Math.Min(room, bytes.Length);
            bytes[..count].CopyTo(ring.AsSpan(end));
            bytes = bytes[count..];
            lock (_lock)
            {
                _length += count;
                Monitor.PulseAll(_lock);
            }
        }

        return true;
    }

    /// <summary>The writer has written all.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isEnded = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>The writer will not write all: the reader fails, unless the end was reached before.</summary>
    public void GiveUp()
    {
        lock (_lock)
        {
            _isGivenUp = !_isEnded;
            Monitor.PulseAll(_lock);
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int start, count;
        lock (_lock)
        {
            while (_length == 0 && !_isEnded && !_isGivenUp && !buffer.IsEmpty)
                Monitor.Wait(_lock);
            if (_isGivenUp)
                throw new IOException("the source ended before this file did");
            start = _start;
            count = Math.Min(buffer.Length, Math.Min(_length, ring.Length - start));
        }

        ring.AsSpan(start, count).CopyTo(buffer);
        lock (_lock)
        {
            _start = (_start + count) % ring.Length;
            _length -= count;
            Monitor.PulseAll(_lock);
        }

        return count;
    }

    /// <summary>The reader is done: nothing more is taken.</summary>
    protected override void Dispose(bool disposing)
    {
        bool isReusable;
        lock (_lock)
        {
            // A writer that is still at it may hold the ring; then it is not used again.
            isReusable = !_isClosed && _isEnded;
            _isClosed = true;
            Monitor.PulseAll(_lock);
        }

        if (isReusable)
            returnRing(ring);
        base.Dispose(disposing);
    }
}
