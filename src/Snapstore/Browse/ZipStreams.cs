using Snapstore.Hashing;

namespace Snapstore.Browse;

/// <summary>A stream that can be written, front to back, and nothing else.</summary>
internal abstract class ForwardStream : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public sealed override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public abstract override void Write(ReadOnlySpan<byte> buffer);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>Counts what goes to another stream, which it does not own.</summary>
internal sealed class CountingOutput(Stream inner) : ForwardStream
{
    /// <summary>Bytes so far.</summary>
    public long Written { get; private set; }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        Written += buffer.Length;
    }

    public override void Flush() => inner.Flush();
}

/// <summary>Counts and sums what goes to another stream, which it owns.</summary>
internal sealed class SummedOutput(Stream inner) : ForwardStream
{
    private Crc32 _sum;

    /// <summary>Bytes so far.</summary>
    public long Written { get; private set; }

    /// <summary>Their CRC-32.</summary>
    public uint Sum => _sum.Value;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        _sum.Update(buffer);
        Written += buffer.Length;
    }

    public override void Flush() => inner.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
