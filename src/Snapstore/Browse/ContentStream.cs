namespace Snapstore.Browse;

/// <summary>Pieces of content as a stream to be read once; holes as zeros.</summary>
internal sealed class ContentStream(IEnumerable<ContentPiece> pieces, long length) : ForwardReadStream
{
    private readonly IEnumerator<ContentPiece> _pieces = pieces.GetEnumerator();
    private ReadOnlyMemory<byte> _bytes;
    private long _hole;
    private long _position;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        while (_bytes.IsEmpty && _hole == 0)
        {
            if (!_pieces.MoveNext())
                return 0;
            (_bytes, _hole) = (_pieces.Current.Bytes, _pieces.Current.HoleLength);
        }

        int count = (int)Math.Min(buffer.Length, _hole > 0 ? _hole : _bytes.Length);
        if (_hole > 0)
        {
            buffer[..count].Clear();
            _hole -= count;
        }
        else
        {
            _bytes.Span[..count].CopyTo(buffer);
            _bytes = _bytes[count..];
        }

        _position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _pieces.Dispose();
        base.Dispose(disposing);
    }
}
