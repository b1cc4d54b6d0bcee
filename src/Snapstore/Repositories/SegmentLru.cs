using System.Diagnostics.CodeAnalysis;

namespace Snapstore.Repositories;

/// <summary>What belongs to the segments used last; those least recently used go first.</summary>
/// <param name="bytesMax">Bytes of their plaintext; the segment used last is kept whatever its size.</param>
internal sealed class SegmentLru<T>(long bytesMax)
    where T : class
{
    private readonly LinkedList<Entry> _recent = new();
    private readonly Dictionary<(string Pack, long Offset), LinkedListNode<Entry>> _byPlace = [];
    private long _bytes;

    /// <summary>What was added of a segment and is still kept; from now on it is the one used last.</summary>
    public bool TryGet(in SegmentLocation place, [NotNullWhen(true)] out T? value)
    {
        if (!_byPlace.TryGetValue((place.Pack.Key.Name, place.Offset), out LinkedListNode<Entry>? node))
        {
            value = null;
            return false;
        }

        _recent.Remove(node);
        _recent.AddFirst(node);
        value = node.Value.Value;
        return true;
    }

    /// <summary>Keeps what belongs to a segment of which nothing is kept yet.</summary>
    public void Add(in SegmentLocation place, T value)
    {
        (string, long) key = (place.Pack.Key.Name, place.Offset);
        _byPlace.Add(key, _recent.AddFirst(new Entry(key, place.PlainLength, value)));
        _bytes += place.PlainLength;
        while (_bytes > bytesMax && _recent.Count > 1)
            DropOldest();
    }

    /// <summary>Gives all up.</summary>
    public void Clear()
    {
        _recent.Clear();
        _byPlace.Clear();
        _bytes = 0;
    }

    private void DropOldest()
    {
        Entry oldest = _recent.Last!.Value;
        _recent.RemoveLast();
        _byPlace.Remove(oldest.Key);
        _bytes -= oldest.Bytes;
    }

    private sealed record Entry((string Pack, long Offset) Key, int Bytes, T Value);
}
