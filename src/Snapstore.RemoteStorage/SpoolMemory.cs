namespace Snapstore.RemoteStorage;

/// <summary>The memory in which objects wait to be sent: blocks that are used again, and no more than a bound of them.</summary>
internal sealed class SpoolMemory(int blocksMax)
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockSize = 1 << 20;

    private readonly Lock _lock = new();
    private readonly Stack<byte[]> _free = new();
    private int _made;

    /// <summary>A block; null where all are in use.</summary>
    public byte[]? TryTake()
    {
        lock (_lock)
        {
            if (_free.TryPop(out byte[]? block))
                return block;
            if (_made == blocksMax)
                return null;
            _made++;
        }

        return GC.AllocateUninitializedArray<byte>(BlockSize);
    }

    /// <summary>Gives one back.</summary>
    public void Return(byte[] block)
    {
        lock (_lock)
            _free.Push(block);
    }
}
