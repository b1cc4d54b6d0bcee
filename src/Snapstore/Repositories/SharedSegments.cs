namespace Snapstore.Repositories;

/// <summary>The plaintext of segments that several threads want about the same time, each read once: such as those that hold the frames
/// of thousands of deltas. Thread safe.</summary>
/// <param name="bytesMax">Bytes of plaintext to keep; the segment asked for last is kept whatever its size.</param>
internal sealed class SharedSegments(int bytesMax)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Opened> _recent = new();
    private readonly Dictionary<(string Pack, long Offset), LinkedListNode<Opened>> _byPlace = [];
    private long _bytes;

    /// <summary>The plaintext of a segment, which stays what it is. Who comes while it is read waits for it; where the storage fails, all of them fail.</summary>
    /// <param name="reader">Of the thread that asks.</param>
    /// <param name="place">Where it lies.</param>
    public byte[] Open(SegmentReader reader, in SegmentLocation place)
    {
        Opened opened = Find(place);
        lock (opened)
            return opened.Plain ??= Read(opened, reader, place);
    }

    private Opened Find(in SegmentLocation place)
    {
        (string, long) key = (place.Pack.Key.Name, place.Offset);
        lock (_lock)
        {
            if (_byPlace.TryGetValue(key, out LinkedListNode<Opened>? node))
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
                return node.Value;
            }

            _byPlace[key] = node = _recent.AddFirst(new Opened(key, place.PlainLength));
            _bytes += place.PlainLength;
            while (_bytes > bytesMax && _recent.Count > 1)
                DropOldest();
            return node.Value;
        }
    }

    private void DropOldest()
    {
        Opened oldest = _recent.Last!.Value;
        _recent.RemoveLast();
        _byPlace.Remove(oldest.Key);
        _bytes -= oldest.PlainLength;
    }

    // It was tried for minutes: so would each of those who wait.
    private static byte[] Read(Opened opened, SegmentReader reader, in SegmentLocation place)
    {
        if (opened.Failure is { } failure)
            throw new StorageException(failure.Message, failure) { IsTransient = failure.IsTransient };
        try
        {
            byte[] plain = GC.AllocateUninitializedArray<byte>(place.PlainLength);
            reader.Read(place, plain);
            return plain;
        }
        catch (StorageException e)
        {
            opened.Failure = e;
            throw;
        }
    }

    private sealed class Opened((string Pack, long Offset) key, int plainLength)
    {
        public (string Pack, long Offset) Key => key;

        public int PlainLength => plainLength;

        public byte[]? Plain { get; set; }

        public StorageException? Failure { get; set; }
    }
}
