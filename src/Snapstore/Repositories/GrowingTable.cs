using System.Runtime.InteropServices;
using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>Records by key that grow while they are asked, one a key: open addressing outside the garbage-collected heap; beyond
/// its limits, in scratch files. For one thread, or for several that only ask.</summary>
/// <typeparam name="T">What is kept; where all is zero there is none.</typeparam>
internal sealed unsafe class GrowingTable<T> : IDisposable
    where T : unmanaged, IKeyed
{
    private const int SlotsMin = 1 << 12;

    private readonly RecordTableLimits _limits;
    private readonly RecordFiles<T> _files;
    private T* _slots = Allocate(SlotsMin);
    private uint _mask = SlotsMin - 1;
    private uint _inMemory;
    private bool _isFileless;

    /// <summary>An empty table with these limits.</summary>
    public GrowingTable(RecordTableLimits limits)
    {
        _limits = limits;
        _files = new RecordFiles<T>(limits.FanIn);
    }

    /// <summary>Records in the table.</summary>
    public long Count { get; private set; }

    /// <summary>Finds the record of this key.</summary>
    public bool TryFind(in BlobKey key, out T record)
    {
        record = *SlotOf(key);
        return !record.Key.IsZero || _files.TryFind(key, out record);
    }

    /// <summary>Adds a record; false where there is one of its key already, which stays.</summary>
    public bool Add(in T record)
    {
        if (TryFind(record.Key, out _))
            return false;
        // Three quarters full at most, so that probes stay short.
        if (_inMemory >= _mask / 4 * 3)
            MakeRoom();
        *SlotOf(record.Key) = record;
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

    private static T* Allocate(uint slots) => (T*)NativeMemory.AllocZeroed(slots, (nuint)sizeof(T));

    private T* SlotOf(in BlobKey key)
    {
        for (uint at = key.Hash & _mask; ; at = (at + 1) & _mask)
        {
            T* slot = _slots + at;
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
        using RecordMemory<T> keys = new(_slots, count);
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
            T record = _slots[i];
            if (record.Key.IsZero)
                continue;
            _slots[i] = default;
            _slots[count++] = record;
        }

        return count;
    }

    private void Grow() => Rehash(_slots, _mask + 1, (_mask + 1) * 2);

    private void Rehash(T* old, uint oldSlots, uint newSlots)
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
}
