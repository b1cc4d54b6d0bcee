namespace Snapstore.Repositories;

/// <summary>The plaintext of the segments opened last. One per thread.</summary>
/// <param name="bytesMax">Bytes of plaintext to keep; the segment opened last is kept whatever its size.</param>
internal sealed class RecentSegments(int bytesMax)
{
    private readonly SegmentLru<byte[]> _recent = new(bytesMax);

    /// <summary>The plaintext of a segment, which is read where it is not at hand; it stays what it is.</summary>
    /// <param name="reader">Reads it.</param>
    /// <param name="place">Where it lies.</param>
    /// <param name="ahead">May have its stored bytes already.</param>
    public byte[] Open(SegmentReader reader, in SegmentLocation place, ReadAhead? ahead = null)
    {
        if (_recent.TryGet(place, out byte[]? plain))
            return plain;
        plain = GC.AllocateUninitializedArray<byte>(place.PlainLength);
        reader.Read(place, plain, ahead is null ? default : ahead.TryRead(place));
        _recent.Add(place, plain);
        return plain;
    }

    /// <summary>Gives them up.</summary>
    public void Clear() => _recent.Clear();
}
