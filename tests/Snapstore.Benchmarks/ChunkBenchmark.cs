using System.Diagnostics;
using Snapstore.Chunking;

namespace Snapstore.Benchmarks;

/// <summary>Speed of the chunker on one core, and what it finds beside FastCDC on the same edits.</summary>
internal static class ChunkBenchmark
{
    private const int Size = 256 << 20, Edits = 200, Rounds = 5;

    public static int Run()
    {
        byte[] key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        byte[] mixed = EditCorpus.Make(Size, 1);
        byte[] edited = EditCorpus.Edit(mixed, Edits, 2);
        (string Name, byte[] Data)[] inputs = [("random", mixed[(Size / 2)..]), ("text", mixed[..(Size / 2)]), ("zeros", new byte[Size / 2])];
        Console.WriteLine("GB/s, best of 5, one thread       random     text    zeros");
        foreach (int average in (int[])[64 << 10, 1 << 20])
        {
            Print($"keyed-min {average >> 10} KiB", inputs, () => new KeyedMinChunker(average, key));
            Print($"FastCDC   {average >> 10} KiB", inputs, () => new FastCdc(average));
        }

        Console.WriteLine();
        Console.WriteLine($"new bytes after {Edits} edits in {Size >> 20} MiB, at the same mean chunk size");
        Compare(key, mixed, edited);
        return 0;
    }

    private static void Print(string name, (string Name, byte[] Data)[] inputs, Func<IChunker> make)
    {
        Console.WriteLine($"{name,-32}" + string.Concat(inputs.Select(input => $"{Best(make(), input.Data),9:f2}")));
    }

    private static double Best(IChunker chunker, byte[] data)
    {
        double best = 0;
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int at = 0; at < data.Length;)
                at += chunker.NextCut(data.AsSpan(at), isEnd: true);
            best = Math.Max(best, data.Length / 1e9 / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private static void Compare(byte[] key, byte[] first, byte[] second)
    {
        (long ours, double ourMean) = EditCorpus.NewBytes(new KeyedMinChunker(64 << 10, key), first, second);
        (long theirs, double theirMean) = EditCorpus.NewBytes(new FastCdc(64 << 10), first, second);
        // New bytes an edit grow with the mean chunk size, so they are compared per byte of it.
        double ratio = ours / ourMean / (theirs / theirMean);
        Console.WriteLine($"keyed-min {ours / 1e6,8:f1} MB at mean {ourMean / 1024,5:f1} KiB");
        Console.WriteLine($"FastCDC   {theirs / 1e6,8:f1} MB at mean {theirMean / 1024,5:f1} KiB");
        Console.WriteLine($"ratio     {ratio,8:f3}  (floor: 1.03 or less)");
    }
}
