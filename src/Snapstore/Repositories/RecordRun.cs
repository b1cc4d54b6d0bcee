using System.Runtime.InteropServices;

namespace Snapstore.Repositories;

/// <summary>Sorted records that never change. May be asked by many threads.</summary>
internal abstract class RecordRun<T> : IDisposable
    where T : unmanaged, IKeyed
{
    /// <summary>Records in it.</summary>
    public abstract long Count { get; }

    /// <summary>Finds a record of this key; any, where there are several.</summary>
    public abstract bool TryFind(in RecordKey key, out T record);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Finds a record of this key among sorted ones.</summary>
    protected static bool TryFind(ReadOnlySpan<T> sorted, in RecordKey key, out T record)
    {
        int low = 0;
        int high = sorted.Length;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            int order = sorted[middle].Key.CompareTo(key);
            if (order == 0)
            {
                record = sorted[middle];
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle);
        }

        record = default;
        return false;
    }
}

/// <summary>Records in memory, outside the garbage-collected heap; where buckets begin is kept, so that a look-up
/// touches one or two cache lines.</summary>
internal sealed unsafe class MemoryRun<T> : RecordRun<T>
    where T : unmanaged, IKeyed
{
    private readonly T* _records;
    private readonly uint[] _starts;
    private readonly int _shift;

    /// <summary>Takes over the memory of these records and sorts them.</summary>
    public MemoryRun(T* records, int count)
    {
        _records = records;
        _shift = RecordSort.ShiftOf(count);
        _starts = RecordSort.Sort(new Span<T>(records, count));
    }

    /// <inheritdoc/>
    public override long Count => _starts[^1];

    /// <inheritdoc/>
    public override bool TryFind(in RecordKey key, out T record)
    {
        int bucket = key.Prefix >> _shift;
        uint start = _starts[bucket];
        return TryFind(new ReadOnlySpan<T>(_records + start, (int)(_starts[bucket + 1] - start)), key, out record);
    }

    /// <inheritdoc/>
    public override void Dispose() => NativeMemory.Free(_records);
}
