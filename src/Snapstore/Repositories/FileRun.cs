using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>Records in a scratch file. A look-up is a search among the first keys of its pages, which are held in memory
/// (0.2 to 0.5 bytes a record), and one read of a page.</summary>
/// <remarks>Read, not mapped: pages of a mapped file count as memory of the process, and a read that fails is an error
/// to report and no signal.</remarks>
internal sealed unsafe class FileRun<T> : RecordRun<T>
    where T : unmanaged, IKeyed
{
    private const int PageSize = 4096;

    private readonly ScratchFile _file;
    private readonly BlobKey[] _pageKeys;

    private FileRun(ScratchFile file, BlobKey[] pageKeys, long count)
    {
        _file = file;
        _pageKeys = pageKeys;
        Count = count;
    }

    /// <inheritdoc/>
    public override long Count { get; }

    private static int PageRecords => PageSize / sizeof(T);

    /// <summary>Writes sorted records into a scratch file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static FileRun<T> Write(IEnumerable<ReadOnlyMemory<T>> sorted)
    {
        ScratchFile file = ScratchFile.Create();
        try
        {
            List<BlobKey> pageKeys = [];
            long count = 0;
            foreach (ReadOnlyMemory<T> records in sorted)
            {
                long first = (count + PageRecords - 1) / PageRecords * PageRecords;
                for (; first < count + records.Length; first += PageRecords)
                    pageKeys.Add(records.Span[(int)(first - count)].Key);
                file.Append(MemoryMarshal.AsBytes(records.Span));
                count += records.Length;
            }

            return new FileRun<T>(file, [.. pageKeys], count);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool TryFind(in BlobKey key, out T record)
    {
        int found = Array.BinarySearch(_pageKeys, key);
        int page = found >= 0 ? found : ~found - 1;
        record = default;
        if (page < 0)
            return false;
        long first = (long)page * PageRecords;
        Span<T> records = stackalloc T[(int)Math.Min(PageRecords, Count - first)];
        Read(first, records);
        return TryFind(records, key, out record);
    }

    /// <inheritdoc/>
    public override bool ForEach(in BlobKey key, Func<T, bool> take)
    {
        // Equal keys may begin at the end of the page before the first that begins with them.
        int page = 0;
        for (int high = _pageKeys.Length; page < high;)
        {
            int middle = page + ((high - page) / 2);
            (page, high) = _pageKeys[middle].CompareTo(key) < 0 ? (middle + 1, high) : (page, middle);
        }

        Span<T> records = stackalloc T[PageRecords];
        for (page = Math.Max(page - 1, 0); page < _pageKeys.Length && _pageKeys[page].CompareTo(key) <= 0; page++)
        {
            long first = (long)page * PageRecords;
            Span<T> there = records[..(int)Math.Min(PageRecords, Count - first)];
            Read(first, there);
            if (!ForEach(there, key, take))
                return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public override IEnumerable<T> All()
    {
        T[] records = new T[PageRecords];
        for (long first = 0; first < Count; first += records.Length)
        {
            int count = (int)Math.Min(records.Length, Count - first);
            Read(first, records.AsSpan(0, count));
            for (int i = 0; i < count; i++)
                yield return records[i];
        }
    }

    /// <summary>Reads the records from number <paramref name="first"/> on.</summary>
    public void Read(long first, Span<T> records) => _file.Read(first * Unsafe.SizeOf<T>(), MemoryMarshal.AsBytes(records));

    /// <inheritdoc/>
    public override void Dispose() => _file.Dispose();
}
