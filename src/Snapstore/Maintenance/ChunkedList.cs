namespace Snapstore.Maintenance;

/// <summary>A list that grows by chunks and never copies: references into it stay good. Its items hold no references,
/// so the garbage collector does not look at them however many there are.</summary>
internal sealed class ChunkedList<T>
    where T : unmanaged
{
    private const int ChunkBits = 12, ChunkItems = 1 << ChunkBits;

    private readonly List<T[]> _chunks = [];

    /// <summary>Items in the list.</summary>
    public uint Count { get; private set; }

    /// <summary>One item, in place.</summary>
    public ref T this[uint number] => ref _chunks[(int)(number >> ChunkBits)][number & (ChunkItems - 1)];

    /// <summary>Adds an item and returns its number.</summary>
    public uint Add(in T item)
    {
        if ((Count & (ChunkItems - 1)) == 0)
            _chunks.Add(new T[ChunkItems]);
        this[Count] = item;
        return Count++;
    }
}

/// <summary>Names of at most 255 bytes, one after the other, found again by where they stand.</summary>
internal sealed class NameArena
{
    private const int ChunkSize = 1 << 16;

    private readonly List<byte[]> _chunks = [];
    private int _used = ChunkSize;

    /// <summary>Keeps a name; returns its place, never 0.</summary>
    public uint Add(ReadOnlySpan<byte> name)
    {
        if (ChunkSize - _used <= name.Length)
        {
            _chunks.Add(new byte[ChunkSize]);
            // Place 0 stays free: it stands for no name.
            _used = _chunks.Count == 1 ? 1 : 0;
        }

        uint place = (uint)(((_chunks.Count - 1) * ChunkSize) + _used);
        byte[] chunk = _chunks[^1];
        chunk[_used] = (byte)name.Length;
        name.CopyTo(chunk.AsSpan(_used + 1));
        _used += 1 + name.Length;
        return place;
    }

    /// <summary>The name at a place; empty for place 0.</summary>
    public ReadOnlySpan<byte> this[uint place]
    {
        get
        {
            if (place == 0)
                return [];
            byte[] chunk = _chunks[(int)(place / ChunkSize)];
            int offset = (int)(place % ChunkSize);
            return chunk.AsSpan(offset + 1, chunk[offset]);
        }
    }
}
