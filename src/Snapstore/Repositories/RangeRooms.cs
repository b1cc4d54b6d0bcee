using System.Collections.Concurrent;

namespace Snapstore.Repositories;

/// <summary>Arrays that ranges of packs are read into, used again for the next range: as many as are in use at a time. Thread safe.</summary>
internal sealed class RangeRooms
{
    // Ranges are of nearly one length: rooms should not grow with each. Small ones are the collector's.
    private const int Step = 1 << 20, SmallMax = 64 << 10;

    private readonly ConcurrentStack<byte[]> _free = [];

    /// <summary>One of at least so many bytes, with whatever was in it.</summary>
    public byte[] Take(int length)
    {
        if (length <= SmallMax)
            return new byte[length];
        return _free.TryPop(out byte[]? room) && room.Length >= length ? room : LargeBuffer.Allocate((length + Step - 1) / Step * Step);
    }

    /// <summary>Takes one back that is needed no more; null is none.</summary>
    public void Give(byte[]? room)
    {
        if (room?.Length > SmallMax)
            _free.Push(room);
    }
}
