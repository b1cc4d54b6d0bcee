using System.Runtime.InteropServices;
using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>Sorted records that never change. May be asked by many threads.</summary>
internal abstract class RecordRun<T> : IDisposable
    where T : unmanaged, IKeyed
{
    /// <summary>Records in it.</summary>
    public abstract long Count { get; }

    /// <summary>Finds a record of this key; any, where there are several.</summary>
    public abstract bool TryFind(in BlobKey key, out T record);

    /// <summary>Hands over every record of this key, as long as <paramref name="take"/> asks for more.</summary>
    /// <returns>False where it asked for no more.</returns>
    public abstract bool ForEach(in BlobKey key, Func<T, bool> take);

    /// <summary>All records in the order of their keys.</summary>
    public abstract IEnumerable<T> All();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Hands over the records of this key among sorted ones.</summary>
    protected static bool ForEach(ReadOnlySpan<T> sorted, in BlobKey key, Func<T, bool> take)
    {
        int low = 0;
        for (int high = sorted.Length; low < high;)
        {
            int middle = low + ((high - low) / 2);
            (low, high) = sorted[middle].Key.CompareTo(key) < 0 ? (middle + 1, high) : (low, middle);
        }

        for (; low < sorted.Length && sorted[low].Key == key; low++)
        {
            if (!take(sorted[low]))
                return false;
        }

        return true;
    }

    /// <summary>Finds a record of this key among sorted ones.</summary>
    protected static bool TryFind(ReadOnlySpan<T> sorted, in BlobKey key, out T record)
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
    public override bool TryFind(in BlobKey key, out T record) => TryFind(BucketOf(key), key, out record);

    /// <inheritdoc/>
    public override bool ForEach(in BlobKey key, Func<T, bool> take) => ForEach(BucketOf(key), key, take);

    /// <inheritdoc/>
    public override IEnumerable<T> All()
    {
        for (long i = 0; i < Count; i++)
            yield return At(i);
    }

    private ReadOnlySpan<T> BucketOf(in BlobKey key)
    {
        int bucket = key.Prefix >> _shift;
        uint start = _starts[bucket];
        return new ReadOnlySpan<T>(_records + start, (int)(_starts[bucket + 1] - start));
    }

    private T At(long number) => _records[number];

    /// <inheritdoc/>
    public override void Dispose() => NativeMemory.Free(_records);
}
