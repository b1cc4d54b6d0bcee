namespace Snapstore.Repositories;

/// <summary>The plaintext of the segments opened last. One per thread.</summary>
/// <param name="bytesMax">Bytes of plaintext to keep; the segment opened last is kept whatever its size.</param>
internal sealed class RecentSegments(int bytesMax)
{
    private readonly LinkedList<Opened> _recent = new();
    private readonly Dictionary<(string Pack, long Offset), LinkedListNode<Opened>> _byPlace = [];
    private int _bytes;

    /// <summary>The plaintext of a segment, which is read where it is not at hand; it stays what it is.</summary>
    /// <param name="reader">Reads it.</param>
    /// <param name="place">Where it lies.</param>
    /// <param name="ahead">May have its stored bytes already.</param>
    public byte[] Open(SegmentReader reader, in SegmentLocation place, ReadAhead? ahead = null)
    {
        (string, long) key = (place.Pack.Key.Name, place.Offset);
        if (_byPlace.TryGetValue(key, out LinkedListNode<Opened>? node))
        {
            _recent.Remove(node);
            _recent.AddFirst(node);
            return node.Value.Plain;
        }

        byte[] plain = GC.AllocateUninitializedArray<byte>(place.PlainLength);
        reader.Read(place, plain, ahead is null ? default : ahead.TryRead(place));
        _byPlace[key] = _recent.AddFirst(new Opened(key, plain));
        _bytes += plain.Length;
        while (_bytes > bytesMax && _recent.Count > 1)
            DropOldest();
        return plain;
    }

    /// <summary>Gives them up.</summary>
    public void Clear()
    {
        _recent.Clear();
        _byPlace.Clear();
        _bytes = 0;
    }

    private void DropOldest()
    {
        Opened oldest = _recent.Last!.Value;
        _recent.RemoveLast();
        _byPlace.Remove(oldest.Key);
        _bytes -= oldest.Plain.Length;
    }

    private sealed record Opened((string Pack, long Offset) Key, byte[] Plain);
}
