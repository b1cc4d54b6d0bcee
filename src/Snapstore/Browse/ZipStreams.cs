using Snapstore.Hashing;

namespace Snapstore.Browse;

/// <summary>Counts what goes to another stream, which it does not own.</summary>
internal sealed class CountingOutput(Stream inner) : ForwardWriteStream
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
internal sealed class SummedOutput(Stream inner) : ForwardWriteStream
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
