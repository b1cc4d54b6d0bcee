using Snapstore.Chunking;

namespace Snapstore.Benchmarks;

/// <summary>Speed of the chunker on one core, and what it finds beside FastCDC at the same mean chunk size: on seeded
/// edits, and between two versions of a real corpus where two paths are given.</summary>
internal static class ChunkBenchmark
{
    private const int Size = 256 << 20, Edits = 200, EditRounds = 4, Rounds = 9;

    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    /// <summary>No paths, or two: an older and a newer file, or directories whose files are joined in order of name.</summary>
    public static int Run(string[] paths)
    {
        if (paths.Length is not (0 or 2))
        {
            Console.Error.WriteLine("usage: Snapstore.Benchmarks chunk [OLDER NEWER]");
            return 2;
        }

        byte[] mixed = EditCorpus.Make(Size, 1);
        PrintSpeeds(mixed);
        Console.WriteLine("MB new in the later version   average   keyed-min @ mean KiB      FastCDC @ mean KiB   ratio");
        for (ulong round = 1; round <= EditRounds; round++)
            Compare($"{Edits} edits, {round}", 64 << 10, mixed, EditCorpus.Edit(mixed, Edits, seed: round + 1));
        if (paths.Length == 2)
        {
            (byte[] older, byte[] newer) = (Read(paths[0]), Read(paths[1]));
            Compare("real corpus", 64 << 10, older, newer);
            Compare("real corpus", 1 << 20, older, newer);
        }

        return 0;
    }

    private static void PrintSpeeds(byte[] mixed)
    {
        byte[][] inputs = [mixed[(Size / 2)..], mixed[..(Size / 2)], new byte[Size / 2]];
        Console.WriteLine($"GB per second of processor time, best of {Rounds}, one thread");
        Console.WriteLine("                            random     text    zeros");
        foreach (int average in (int[])[64 << 10, 1 << 20])
        {
            PrintRow($"keyed-min {average >> 10} KiB", inputs, new KeyedMinChunker(average, Key));
            PrintRow($"FastCDC   {average >> 10} KiB", inputs, new FastCdc(average));
        }

        Console.WriteLine();
    }

    private static void PrintRow(string name, byte[][] inputs, IChunker chunker) =>
        Console.WriteLine($"{name,-25}" + string.Concat(inputs.Select(input => $"{Best(chunker, input),9:f2}")));

    // Processor time, because a neighbour who holds the core says nothing about the chunker.
    private static double Best(IChunker chunker, byte[] data)
    {
        double best = 0;
        for (int round = 0; round < Rounds; round++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            _ = EditCorpus.Mean(chunker, data);
            best = Math.Max(best, data.Length / 1e9 / (Environment.CpuUsage.TotalTime - start).TotalSeconds);
        }

        return best;
    }

    private static void Compare(string name, int average, byte[] first, byte[] second)
    {
        (long ours, double ourMean) = EditCorpus.NewBytes(new KeyedMinChunker(average, Key), first, second);
        FastCdc fastCdc = FastCdc.WithMean(ourMean, average, first);
        (long theirs, double theirMean) = EditCorpus.NewBytes(fastCdc, first, second);
        Console.WriteLine(
            $"{name,-26} {average >> 10,8} K {ours / 1e6,11:f1} @ {ourMean / 1024,-8:f1}"
            + $" {theirs / 1e6,12:f1} @ {theirMean / 1024,-8:f1} {ours / (double)theirs,7:f3}");
    }

    private static byte[] Read(string path)
    {
        if (File.Exists(path))
            return File.ReadAllBytes(path);
        using MemoryStream joined = new();
        foreach (string file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            joined.Write(File.ReadAllBytes(file));
        return joined.ToArray();
    }
}
