namespace Snapstore.Repositories;

/// <summary>Several sorted files as one sequence, in order; memory: one block a file and one for what comes out.</summary>
internal static class RecordMerge
{
    private const int BlockRecords = 4096;

    /// <summary>Merges; records of equal keys all stay. The memory handed out is used again for the next block.</summary>
    public static IEnumerable<ReadOnlyMemory<T>> Run<T>(IReadOnlyList<FileRun<T>> runs)
        where T : unmanaged, IKeyed
    {
        List<Cursor<T>> cursors = [.. runs.Select(run => new Cursor<T>(run)).Where(cursor => cursor.MoveNext())];
        T[] block = new T[BlockRecords];
        int count = 0;
        while (cursors.Count > 0)
        {
            Cursor<T> least = Least(cursors);
            block[count++] = least.Current;
            if (!least.MoveNext())
                cursors.Remove(least);
            if (count < block.Length && cursors.Count > 0)
                continue;
            yield return block.AsMemory(0, count);
            count = 0;
        }
    }

    private static Cursor<T> Least<T>(List<Cursor<T>> cursors)
        where T : unmanaged, IKeyed
    {
        Cursor<T> least = cursors[0];
        for (int i = 1; i < cursors.Count; i++)
        {
            if (cursors[i].Current.Key.CompareTo(least.Current.Key) < 0)
                least = cursors[i];
        }

        return least;
    }

    private sealed class Cursor<T>(FileRun<T> run)
        where T : unmanaged, IKeyed
    {
        private readonly T[] _block = new T[Math.Min(BlockRecords, run.Count)];
        private long _read;
        private int _at = -1, _count;

        public ref readonly T Current => ref _block[_at];

        public bool MoveNext()
        {
            if (++_at < _count)
                return true;
            _count = (int)Math.Min(_block.Length, run.Count - _read);
            run.Read(_read, _block.AsSpan(0, _count));
            (_read, _at) = (_read + _count, 0);
            return _count > 0;
        }
    }
}
