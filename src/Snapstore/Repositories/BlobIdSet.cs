using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Snapstore.Repositories;

/// <summary>The blobs that a running session has taken in: open addressing over the first 20 bytes of the id
/// (<see cref="IndexTable"/> says why that many), 20 bytes a slot, outside the garbage-collected heap.</summary>
internal sealed unsafe class BlobIdSet : IDisposable
{
    private const int KeySize = 20;
    private const int SlotsMin = 1 << 12;

    private byte* _slots = Allocate(SlotsMin);
    private uint _mask = SlotsMin - 1;

    /// <summary>Ids in the set.</summary>
    public uint Count { get; private set; }

    /// <summary>True where the id is in the set.</summary>
    public bool Contains(in BlobId id) => !IsFree(SlotOf(id.Span));

    /// <summary>Adds an id; false where it is there already.</summary>
    public bool Add(in BlobId id)
    {
        // Three quarters full at most, so that probes stay short.
        if (Count >= _mask / 4 * 3)
            Grow();
        byte* slot = SlotOf(id.Span);
        if (!IsFree(slot))
            return false;
        id.Span[..KeySize].CopyTo(new Span<byte>(slot, KeySize));
        Count++;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_slots);
        _slots = null;
    }

    private static byte* Allocate(uint slots) => (byte*)NativeMemory.AllocZeroed(slots, KeySize);

    // An id of 20 zero bytes would look free; it cannot come up (2^-160).
    private static bool IsFree(byte* slot) => !new ReadOnlySpan<byte>(slot, KeySize).ContainsAnyExcept((byte)0);

    private byte* SlotOf(ReadOnlySpan<byte> id)
    {
        ReadOnlySpan<byte> key = id[..KeySize];
        uint at = BinaryPrimitives.ReadUInt32LittleEndian(key) & _mask;
        while (true)
        {
            byte* slot = _slots + ((nuint)at * KeySize);
            if (IsFree(slot) || new ReadOnlySpan<byte>(slot, KeySize).SequenceEqual(key))
                return slot;
            at = (at + 1) & _mask;
        }
    }

    private void Grow()
    {
        byte* old = _slots;
        uint oldSlots = _mask + 1;
        _mask = (oldSlots * 2) - 1;
        _slots = Allocate(oldSlots * 2);
        for (uint i = 0; i < oldSlots; i++)
        {
            byte* slot = old + ((nuint)i * KeySize);
            if (!IsFree(slot))
                new ReadOnlySpan<byte>(slot, KeySize).CopyTo(new Span<byte>(SlotOf(new ReadOnlySpan<byte>(slot, KeySize)), KeySize));
        }

        NativeMemory.Free(old);
    }
}
