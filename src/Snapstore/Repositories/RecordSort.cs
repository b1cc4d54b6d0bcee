using System.Numerics;

namespace Snapstore.Repositories;

/// <summary>Sorts records by their keys, in place: keys are hashes, so their first bits part them evenly (a radix pass
/// that swaps each record into its bucket: McIlroy, Bostic, McIlroy, "Engineering Radix Sort", 1993), and buckets are small.</summary>
/// <remarks>16 bits at most, and no more buckets than records: a small index must not pay for 65,536 of them.</remarks>
internal static class RecordSort
{
    private const int PrefixBits = 16, InsertionSortMax = 32;

    /// <summary>How far a key's prefix is shifted to give its bucket, where there are so many records.</summary>
    public static int ShiftOf(int count) => PrefixBits - Math.Min(BitOperations.Log2((uint)count | 1), PrefixBits);

    /// <summary>Sorts, and returns where each bucket begins; one more at the end.</summary>
    public static uint[] Sort<T>(Span<T> records)
        where T : unmanaged, IKeyed
    {
        int shift = ShiftOf(records.Length);
        uint[] starts = new uint[(1 << (PrefixBits - shift)) + 1];
        foreach (ref readonly T record in records)
            starts[(record.Key.Prefix >> shift) + 1]++;
        for (int i = 1; i < starts.Length; i++)
            starts[i] += starts[i - 1];
        PartByPrefix(records, starts, shift);
        for (int bucket = 0; bucket < starts.Length - 1; bucket++)
            SortBucket(records[(int)starts[bucket]..(int)starts[bucket + 1]]);
        return starts;
    }

    private static void PartByPrefix<T>(Span<T> records, uint[] starts, int shift)
        where T : unmanaged, IKeyed
    {
        uint[] next = starts[..^1];
        for (int bucket = 0; bucket < next.Length; bucket++)
        {
            while (next[bucket] < starts[bucket + 1])
            {
                ref T here = ref records[(int)next[bucket]];
                int home = here.Key.Prefix >> shift;
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
