namespace Snapstore.Databases.Postgres;

/// <summary>The content of a large object at one moment.</summary>
internal sealed class LargeObjectStream(PostgresReaders readers, uint oid) : ForwardReadStream
{
    private const int PieceSize = 1 << 20;

    private PostgresSession? _session = readers.Take();
    private byte[] _piece = [];
    private int _at;
    private long _offset;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_at == _piece.Length && _session is not null && !buffer.IsEmpty)
            Next();
        int taken = Math.Min(buffer.Length, _piece.Length - _at);
        _piece.AsSpan(_at, taken).CopyTo(buffer);
        _at += taken;
        return taken;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _session?.Dispose();
        base.Dispose(disposing);
    }

    private void Next()
    {
        _piece = _session!.ReadLargeObject(oid, _offset, PieceSize);
        _offset += _piece.Length;
        _at = 0;
        if (_piece.Length > 0)
            return;
        readers.GiveBack(_session);
        _session = null;
    }
}
