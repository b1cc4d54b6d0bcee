namespace Snapstore.Repositories;

/// <summary>Sorts records by their keys, in place: keys are hashes, so the first 16 bits part them evenly (a radix pass
/// that swaps each record into its bucket: McIlroy, Bostic, McIlroy, "Engineering Radix Sort", 1993), and buckets are small.</summary>
internal static class RecordSort
{
    /// <summary>Buckets by the first 16 bits of the key.</summary>
    public const int Buckets = 1 << 16;

    private const int InsertionSortMax = 32;

    /// <summary>Sorts, and returns where each bucket begins; one more at the end.</summary>
    public static uint[] Sort<T>(Span<T> records)
        where T : unmanaged, IKeyed
    {
        uint[] starts = new uint[Buckets + 1];
        foreach (ref readonly T record in records)
            starts[record.Key.Prefix + 1]++;
        for (int i = 1; i <= Buckets; i++)
            starts[i] += starts[i - 1];
        PartByPrefix(records, starts);
        for (int bucket = 0; bucket < Buckets; bucket++)
            SortBucket(records[(int)starts[bucket]..(int)starts[bucket + 1]]);
        return starts;
    }

    private static void PartByPrefix<T>(Span<T> records, uint[] starts)
        where T : unmanaged, IKeyed
    {
        uint[] next = starts.AsSpan(0, Buckets).ToArray();
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            while (next[bucket] < starts[bucket + 1])
            {
                ref T here = ref records[(int)next[bucket]];
                int home = here.Key.Prefix;
                ref T there = ref records[(int)next[home]++];
                if (home != bucket)
                    (here, there) = (there, here);
            }
        }
    }

    private static void SortBucket<T>(Span<T> bucket)
        where T : unmanaged, IKeyed
    {
        // A hostile index may put all into one: insertion is for small ones.
        if (bucket.Length > InsertionSortMax)
        {
            bucket.Sort(static (a, b) => a.Key.CompareTo(b.Key));
            return;
        }

        for (int i = 1; i < bucket.Length; i++)
        {
            T moving = bucket[i];
            int at = i;
            for (; at > 0 && bucket[at - 1].Key.CompareTo(moving.Key) > 0; at--)
                bucket[at] = bucket[at - 1];
            bucket[at] = moving;
        }
    }
}
