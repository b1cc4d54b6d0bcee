using Snapstore.Hashing;

namespace Snapstore.Databases;

/// <summary>Counts and hashes what is read through it.</summary>
/// <param name="inner">What is read; disposed of with this.</param>
/// <param name="whenRead">Told at the end of the stream, once; not where it was given up before.</param>
public sealed class MeasuredStream(Stream inner, Action<Measured> whenRead) : ForwardReadStream
{
    private readonly Blake3Hasher _hash = new();
    private long _bytes, _lines;
    private bool _isDone;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        if (count > 0)
        {
            _hash.Update(buffer[..count]);
            _bytes += count;
            _lines += buffer[..count].Count((byte)'\n');
        }
        else if (!_isDone && !buffer.IsEmpty)
        {
            _isDone = true;
            byte[] hash = new byte[32];
            _hash.Finish(hash);
            whenRead(new Measured(_bytes, _lines, Convert.ToHexStringLower(hash)));
        }

        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>What was read.</summary>
/// <param name="Bytes">Bytes.</param>
/// <param name="Lines">Line ends (LF).</param>
/// <param name="Checksum">BLAKE3 hash, 64 hexadecimal digits.</param>
public readonly record struct Measured(long Bytes, long Lines, string Checksum);
