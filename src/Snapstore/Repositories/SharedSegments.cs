namespace Snapstore.Repositories;

/// <summary>The plaintext of segments that several threads want about the same time, each read once: such as those that hold the frames
/// of thousands of deltas. Thread safe.</summary>
/// <param name="bytesMax">Bytes of plaintext to keep; the segment asked for last is kept whatever its size.</param>
internal sealed class SharedSegments(int bytesMax)
{
    private readonly Lock _lock = new();
    private readonly SegmentLru<Opened> _recent = new(bytesMax);

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
        lock (_lock)
        {
            if (!_recent.TryGet(place, out Opened? opened))
                _recent.Add(place, opened = new Opened());
            return opened;
        }
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

    private sealed class Opened
    {
        public byte[]? Plain { get; set; }

        public StorageException? Failure { get; set; }
    }
}
