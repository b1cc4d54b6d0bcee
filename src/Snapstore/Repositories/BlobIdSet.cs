using System.Runtime.InteropServices;
using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>A set of blobs: open addressing, 20 bytes a slot, outside the garbage-collected heap; beyond a million, in
/// scratch files. For one thread, or for several that only ask.</summary>
internal sealed unsafe class BlobIdSet : IDisposable
{
    private const int SlotsMin = 1 << 12;

    private readonly RecordTableLimits _limits;
    private readonly RecordFiles<KeyRecord> _files;
    private KeyRecord* _slots = Allocate(SlotsMin);
    private uint _mask = SlotsMin - 1;
    private uint _inMemory;
    private bool _isFileless;

    /// <summary>An empty set.</summary>
    public BlobIdSet()
        : this(RecordTableLimits.Default)
    {
    }

    /// <summary>An empty set with these limits.</summary>
    public BlobIdSet(RecordTableLimits limits)
    {
        _limits = limits;
        _files = new RecordFiles<KeyRecord>(limits.FanIn);
    }

    /// <summary>Ids in the set.</summary>
    public long Count { get; private set; }

    /// <summary>True where the id is in the set.</summary>
    public bool Contains(in BlobId id) => Contains(new BlobKey(id));

    /// <summary>True where an id of this key is in the set.</summary>
    public bool Contains(in BlobKey key) => !SlotOf(key)->Key.IsZero || _files.TryFind(key, out _);

    /// <summary>Adds an id; false where it is there already.</summary>
    public bool Add(in BlobId id) => Add(new BlobKey(id));

    /// <summary>Adds the id of this key; false where it is there already.</summary>
    public bool Add(in BlobKey key)
    {
        if (Contains(key))
            return false;
        // Three quarters full at most, so that probes stay short.
        if (_inMemory >= _mask / 4 * 3)
            MakeRoom();
        *SlotOf(key) = new KeyRecord(key);
        _inMemory++;
        Count++;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.Dispose();
        NativeMemory.Free(_slots);
        _slots = null;
    }

    private static KeyRecord* Allocate(uint slots) => (KeyRecord*)NativeMemory.AllocZeroed(slots, (nuint)sizeof(KeyRecord));

    private KeyRecord* SlotOf(in BlobKey key)
    {
        for (uint at = key.Hash & _mask; ; at = (at + 1) & _mask)
        {
            KeyRecord* slot = _slots + at;
            if (slot->Key.IsZero || slot->Key == key)
                return slot;
        }
    }

    private void MakeRoom()
    {
        if (_mask + 1 < _limits.RecordsInMemory || _isFileless)
            Grow();
        else
            Spill();
    }

    private void Spill()
    {
        int count = MoveToFront();
        using RecordMemory<KeyRecord> keys = new(_slots, count);
        RecordSort.Sort(keys.GetSpan());
        try
        {
            _files.Add(keys.Memory);
            _inMemory = 0;
            keys.GetSpan().Clear();
        }
        catch (IOException)
        {
            // Where no file can be written it stays in memory.
            _isFileless = true;
            Rehash(_slots, (uint)count, (_mask + 1) * 2);
        }
    }

    private int MoveToFront()
    {
        int count = 0;
        for (uint i = 0; i <= _mask; i++)
        {
            KeyRecord record = _slots[i];
            if (record.Key.IsZero)
                continue;
            _slots[i] = default;
            _slots[count++] = record;
        }

        return count;
    }

    private void Grow() => Rehash(_slots, _mask + 1, (_mask + 1) * 2);

    private void Rehash(KeyRecord* old, uint oldSlots, uint newSlots)
    {
        _mask = newSlots - 1;
        _slots = Allocate(newSlots);
        for (uint i = 0; i < oldSlots; i++)
        {
            if (!old[i].Key.IsZero)
                *SlotOf(old[i].Key) = old[i];
        }

        NativeMemory.Free(old);
    }

    private readonly record struct KeyRecord(BlobKey Key) : IKeyed;
}
