using System.Runtime.InteropServices;
using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>How a table of records uses memory.</summary>
/// <param name="RecordsInMemory">Records held in memory; beyond that they go to scratch files, so many at a time.</param>
/// <param name="FanIn">Files of one size that are merged into one.</param>
internal sealed record RecordTableLimits(int RecordsInMemory, int FanIn)
{
    /// <summary>The index of a repository of 64 GiB fits into memory (46 MB); of a larger one, no more than that is held.</summary>
    public static RecordTableLimits Default { get; } = new(1 << 20, 8);

    /// <summary>For tables that are needed beside others for a while.</summary>
    public static RecordTableLimits Small { get; } = new(1 << 18, 8);
}

/// <summary>Many records by key: the first million in memory, outside the garbage-collected heap, more of them in scratch
/// files. May be asked by many threads.</summary>
internal sealed class RecordTable<T> : IDisposable
    where T : unmanaged, IKeyed
{
    private readonly RecordFiles<T> _files;
    private readonly List<MemoryRun<T>> _memory;

    private RecordTable(RecordFiles<T> files, List<MemoryRun<T>> memory)
    {
        _files = files;
        _memory = memory;
        Count = files.Count + memory.Sum(run => run.Count);
    }

    /// <summary>Records in the table.</summary>
    public long Count { get; }

    /// <summary>Finds a record of this key; any, where there are several.</summary>
    public bool TryFind(in BlobKey key, out T record)
    {
        foreach (MemoryRun<T> run in _memory)
        {
            if (run.TryFind(key, out record))
                return true;
        }

        return _files.TryFind(key, out record);
    }

    /// <summary>Hands over every record of this key, as long as <paramref name="take"/> asks for more.</summary>
    public void ForEach(in BlobKey key, Func<T, bool> take)
    {
        foreach (MemoryRun<T> run in _memory)
        {
            if (!run.ForEach(key, take))
                return;
        }

        _files.ForEach(key, take);
    }

    /// <summary>All records.</summary>
    public IEnumerable<T> All() => _memory.SelectMany(run => run.All()).Concat(_files.All());

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.Dispose();
        _memory.ForEach(run => run.Dispose());
        _memory.Clear();
    }

    /// <summary>A table in the making. Where no scratch file can be written, all stays in memory.</summary>
    internal sealed unsafe class Builder(RecordTableLimits limits) : IDisposable
    {
        private const int CapacityMin = 1 << 10;

        private readonly RecordFiles<T> _files = new(limits.FanIn);
        private readonly List<MemoryRun<T>> _memory = [];
        private T* _records;
        private int _count, _capacity;
        private bool _isDone;

        /// <summary>Takes in a record.</summary>
        public void Add(in T record)
        {
            if (_count == _capacity)
                Grow();
            _records[_count++] = record;
            if (_count == limits.RecordsInMemory)
                Spill();
        }

        /// <summary>The table of all that was added.</summary>
        public RecordTable<T> Build()
        {
            _isDone = true;
            if (_count > 0)
                _memory.Add(new MemoryRun<T>(_records, _count));
            else
                NativeMemory.Free(_records);
            _records = null;
            return new RecordTable<T>(_files, _memory);
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            NativeMemory.Free(_records);
            _records = null;
            if (_isDone)
                return;
            _files.Dispose();
            _memory.ForEach(run => run.Dispose());
        }

        private void Grow()
        {
            _capacity = Math.Max(CapacityMin, _capacity * 2);
            _records = (T*)NativeMemory.Realloc(_records, (nuint)_capacity * (nuint)sizeof(T));
        }

        private void Spill()
        {
            using RecordMemory<T> records = new(_records, _count);
            RecordSort.Sort(records.GetSpan());
            try
            {
                _files.Add(records.Memory);
                _count = 0;
            }
            catch (IOException)
            {
                _memory.Add(new MemoryRun<T>(_records, _count));
                _records = null;
                _count = _capacity = 0;
            }
        }
    }
}
