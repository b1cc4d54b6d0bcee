using System.Globalization;
using System.Security.Cryptography;
using Snapstore.Hashing;

namespace Snapstore.Benchmarks;

/// <summary>BLAKE3 by message size and code path, beside b3sum on a file in memory.</summary>
internal static class HashBenchmark
{
    // More than the caches hold, so that every message comes from memory.
    private const int MemorySetSize = 64 << 20;

    // Little enough for the second-level cache, where a message lies that was just read and cut.
    private const int CacheSetSize = 256 << 10;

    // A round is long enough to be timed well on the fast paths and not too long on the slow ones.
    private const int RoundSize = 8 << 20;

    private static readonly int[] Sizes =
        [64, 256, 1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10, 64 << 10, 1 << 20];

    /// <summary>Prints the tables; returns the exit code.</summary>
    public static int Run()
    {
        byte[] data = RandomNumberGenerator.GetBytes(MemorySetSize);
        Console.WriteLine("BLAKE3, GB/s on one thread, best/median of 15 rounds");
        double best = PrintTable($"in cache: messages from {CacheSetSize >> 10} KiB again and again", data, CacheSetSize);
        PrintTable($"from memory: messages from {MemorySetSize >> 20} MiB", data, MemorySetSize);
        PrintReference(data, best);
        return 0;
    }

    // Returns the best speed of the widest path on the longest message.
    private static double PrintTable(string title, byte[] data, int setSize)
    {
        Blake3Level[] levels = [.. Enum.GetValues<Blake3Level>().Where(Blake3Levels.IsSupported).OrderDescending()];
        byte[] key = RandomNumberGenerator.GetBytes(Blake3.KeySize);
        double best = 0;
        Console.WriteLine();
        Console.WriteLine(title);
        Row("message", [.. levels.Select(level => level.ToString()), "keyed", "in pieces"]);
        foreach (int size in Sizes)
        {
            MessageSet set = new(data, Math.Max(setSize, size), size);
            Measurement[] plain = [.. levels.Select(level => set.Measure((message, hash) =>
                Blake3.Hash(level, Blake3Constants.PlainKey, 0, message, hash)))];
            Measurement keyed = set.Measure((message, hash) => Blake3.HashKeyed(key, message, hash));
            Blake3Hasher hasher = new();
            Measurement pieces = set.Measure((message, _) => hasher.Update(message));
            Row(SizeName(size), [.. plain.Select(speed => speed.ToString()), keyed.ToString(), pieces.ToString()]);
            best = plain[0].Best;
        }
        return best;
    }

    private delegate void HashMessage(ReadOnlySpan<byte> message, Span<byte> hash);

    // Messages of one size, taken in turn from the beginning of the data.
    private sealed record MessageSet(byte[] Data, int SetSize, int Size)
    {
        public Measurement Measure(HashMessage hashMessage)
        {
            int start = 0;
            byte[] hash = new byte[Blake3.HashSize];
            return Measurement.Of(RoundSize, () =>
            {
                for (int done = 0; done < RoundSize; done += Size)
                {
                    hashMessage(Data.AsSpan(start, Size), hash);
                    start = (start + Size) % SetSize;
                }
            });
        }
    }

    private static void PrintReference(byte[] data, double ours)
    {
        ReferenceHash? reference = ReferenceHash.Measure(data);
        if (reference == null)
        {
            Console.WriteLine("b3sum or a memory file system is missing: nothing to compare with.");
            return;
        }
        Console.WriteLine();
        Console.WriteLine("b3sum --num-threads 1 --no-mmap on a 1 GiB file in memory, 10 runs:");
        Line($"  {reference.ByUserTime / 1e9:0.00} GB/s of user time, mean: hashing, not the kernel's copying");
        Line($"  {reference.ByWallTime / 1e9:0.00} GB/s of wall time, best: hashing, copying, starting");
        Line($"our best at 1 MiB in cache, plain: {100 * ours / reference.ByUserTime:0} % of its speed by user time");
    }

    private static void Line(FormattableString text) => Console.WriteLine(Invariant(text));

    private static void Row(string name, IEnumerable<string> cells) =>
        Console.WriteLine(name.PadRight(10) + string.Concat(cells.Select(cell => cell.PadLeft(20))));

    private static string SizeName(int size) => size switch
    {
        >= 1 << 20 => Invariant($"{size >> 20} MiB"),
        >= 1 << 10 => Invariant($"{size >> 10} KiB"),
        _ => Invariant($"{size} B"),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
