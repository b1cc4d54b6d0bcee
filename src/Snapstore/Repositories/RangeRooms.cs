namespace Snapstore.Repositories;

/// <summary>Arrays that ranges of packs are read into, used again for the next range. Thread safe.</summary>
/// <param name="bytesMax">Bytes of those in use at a time. Who asks for more waits until one is given back, unless none is in use: so
/// nobody may ask who has one.</param>
internal sealed class RangeRooms(long bytesMax = long.MaxValue)
{
    // Ranges are of nearly one length: rooms should not grow with each. Small ones are the collector's.
    private const int Step = 1 << 20, SmallMax = 64 << 10;

    private readonly object _gate = new();
    private readonly List<byte[]> _free = [];
    private long _used;

    /// <summary>One of at least so many bytes, with whatever was in it.</summary>
    public byte[] Take(int length)
    {
        if (length <= SmallMax)
            return new byte[length];
        int size = (length + Step - 1) / Step * Step;
        lock (_gate)
        {
            while (_used > 0 && _used + size > bytesMax)
                Monitor.Wait(_gate);
            byte[] taken = TakeFree(size) ?? MakeRoom(size);
            _used += taken.Length;
            return taken;
        }
    }

    /// <summary>Takes one back that is needed no more; null is none.</summary>
    public void Give(byte[]? room)
    {
        if (room is null || room.Length <= SmallMax)
            return;
        lock (_gate)
        {
            _used -= room.Length;
            _free.Add(room);
            Monitor.PulseAll(_gate);
        }
    }

    // The smallest that is large enough.
    private byte[]? TakeFree(int size)
    {
        byte[]? best = _free.Where(room => room.Length >= size && (_used == 0 || _used + room.Length <= bytesMax)).MinBy(room => room.Length);
        if (best is not null)
            _free.Remove(best);
        return best;
    }

    // Instead of one that is too small, and of all that would be too much with it.
    private byte[] MakeRoom(int size)
    {
        bool isFirst = true;
        while (_free.Count > 0 && (isFirst || _used + _free.Sum(room => (long)room.Length) + size > bytesMax))
        {
            _free.Remove(_free.MinBy(room => room.Length)!);
            isFirst = false;
        }

        return LargeBuffer.Allocate(size);
    }
}
