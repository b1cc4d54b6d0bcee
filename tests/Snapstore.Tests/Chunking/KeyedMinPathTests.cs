using System.Diagnostics;
using System.Runtime.Intrinsics;
using FsCheck;
using FsCheck.Fluent;
using Snapstore.Benchmarks;
using Snapstore.Chunking;
using Snapstore.Hashing;

namespace Snapstore.Tests.Chunking;

/// <summary>Every way to the cuts gives those of the page, on any content, at a bounded cost.</summary>
public sealed class KeyedMinPathTests
{
    private const int Average = 4 << 10;

    public static TheoryData<int, bool> Paths()
    {
        TheoryData<int, bool> paths = [];
        foreach (VectorWidth width in Enum.GetValues<VectorWidth>())
        {
            paths.Add((int)width, true);
            if (ProcessorAesRound.IsSupported)
                paths.Add((int)width, false);
        }

        return paths;
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Cuts_as_the_reference_on_any_content(int width, bool isSoftware)
    {
        Gen<(byte[] Data, byte[] Key)> contents =
            from prefix in Gen.Choose(0, 9_000)
            from period in Gen.OneOf(Gen.Choose(1, 70), Gen.Constant(1 << 20))
            from size in Gen.Choose(0, 60_000)
            from change in Gen.Choose(0, 60_000)
            from seed in Gen.Choose(0, 255)
            select Content(prefix, period, size, change, seed);

        Prop.ForAll(contents.ToArbitrary(), c =>
        {
            KeyedMinChunker chunker = new(Average, c.Key, (VectorWidth)width, isSoftware);
            return Lengths(chunker, c.Data).SequenceEqual(new ReferenceKeyedMin(Average, c.Key).Lengths(c.Data));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(8 << 10)]
    [InlineData(64 << 10)]
    public void Cuts_as_the_reference_at_other_averages(int average)
    {
        byte[] data = EditCorpus.Make(2 << 20, seed: 29);

        Assert.Equal(
            new ReferenceKeyedMin(average, new byte[32]).Lengths(data),
            Lengths(new KeyedMinChunker(average, new byte[32]), data));
    }

    [Fact]
    public void Software_round_is_that_of_the_standard()
    {
        // FIPS 197, appendix B, round 1.
        Vector128<byte> state = Bytes("193de3bea0f4e22b9ac68d2ae9f84808"), key = Bytes("a0fafe1788542cb123a339392a6c7605");

        Assert.Equal(Bytes("a49c7ff2689f352b6b5bea43026a5049"), SoftwareAesRound.Round(state, key));
        Assert.Equal(Bytes("d4bf5d30e0b452aeb84111f11e2798e5"), SoftwareAesRound.Last(state, Vector128<byte>.Zero));
    }

    [Fact]
    public void Processor_rounds_are_the_software_rounds()
    {
        if (!ProcessorAesRound.IsSupported)
            return;
        byte[] bytes = new byte[64 * 32];
        Blake3.Hash([1], bytes);
        for (int i = 0; i < bytes.Length; i += 32)
        {
            Vector128<byte> state = Vector128.Create(bytes, i), key = Vector128.Create(bytes, i + 16);
            Assert.Equal(ProcessorAesRound.Round(state, key), SoftwareAesRound.Round(state, key));
            Assert.Equal(ProcessorAesRound.Last(state, key), SoftwareAesRound.Last(state, key));
        }
    }

    // By software, where ranking at every position would cost a hundred times as much and load cannot hide it.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(16)]
    public void Periodic_content_costs_no_more_than_random_content(int period)
    {
        byte[] key = KeyWithCandidates(period);
        byte[] periodic = Periodic(period, 2 << 20), random = Periodic(2 << 20, 2 << 20);

        Assert.True(Time(key, periodic) < 4 * Time(key, random), "windows that repeat are ranked again");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6000)]
    [InlineData(8 << 20)]
    public void Refuses_sizes_that_no_parameters_name(int size)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new KeyedMinChunker(size, new byte[32]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FixedChunker(size));
    }

    [Fact]
    public void Refuses_a_key_of_another_length() =>
        Assert.Throws<ArgumentException>(() => Chunkers.Create(ChunkerParameters.Default, new byte[31]));

    // A reference that points outside the array is not moved with it: seen once, as another cut.
    [Fact]
    public void Cuts_the_same_while_the_collector_moves_the_bytes()
    {
        byte[] data = EditCorpus.Make(12_000, seed: 31);
        KeyedMinChunker chunker = new(Average, new byte[32], VectorWidth.Scalar, isSoftware: true);
        List<int> expected = Lengths(chunker, data);
        using CancellationTokenSource stop = new();
        Thread[] movers = [.. Enumerable.Range(0, 2).Select(seed => new Thread(() => Litter(new Random(seed), stop.Token)))];
        Array.ForEach(movers, t => t.Start());
        try
        {
            for (int i = 0; i < 30_000; i++)
                Assert.Equal(expected, Lengths(chunker, [.. data]));
        }
        finally
        {
            stop.Cancel();
            Array.ForEach(movers, t => t.Join());
        }
    }

    private static void Litter(Random random, CancellationToken stop)
    {
        byte[][] kept = new byte[64][];
        while (!stop.IsCancellationRequested)
            kept[random.Next(kept.Length)] = new byte[random.Next(12_000)];
    }

    private static Vector128<byte> Bytes(string hex) => Vector128.Create<byte>(Convert.FromHexString(hex));

    // Random, then periodic up to a place, then of another period; the key makes positions of the second part candidates,
    // so that candidates crowd where repetition begins and ends.
    private static (byte[] Data, byte[] Key) Content(int prefix, int period, int size, int change, int seed)
    {
        byte[] first = Periodic(Average * 4, prefix), second = Periodic(period, Math.Min(size, change));
        byte[] third = Periodic(seed + 1, Math.Max(0, size - change));
        byte[] key = period <= 70 && seed % 2 == 0 ? KeyWithCandidates(period) : [.. Enumerable.Repeat((byte)seed, 32)];
        return ([.. first, .. second, .. third], key);
    }

    private static byte[] KeyWithCandidates(int period)
    {
        byte[] data = Periodic(period, period + 8);
        return Enumerable.Range(0, 1 << 16)
            .Select(i => BitConverter.GetBytes(i).Concat(new byte[28]).ToArray())
            .First(key => IsCandidateSomewhere(new ReferenceKeyedMin(Average, key), data, period));
    }

    private static bool IsCandidateSomewhere(ReferenceKeyedMin cuts, byte[] data, int period) =>
        Enumerable.Range(0, period).Any(i => cuts.IsCandidate(data.AsSpan(i)));

    private static byte[] Periodic(int period, int size)
    {
        byte[] pattern = new byte[Math.Min(period, Math.Max(1, size))];
        Blake3.Hash(BitConverter.GetBytes(period), pattern);
        byte[] data = new byte[size];
        for (int i = 0; i < size; i++)
            data[i] = pattern[i % pattern.Length];
        return data;
    }

    private static List<int> Lengths(KeyedMinChunker chunker, byte[] data)
    {
        List<int> lengths = [];
        for (int at = 0; at < data.Length; at += lengths[^1])
            lengths.Add(chunker.NextCut(data.AsSpan(at), isEnd: true));
        return lengths;
    }

    private static TimeSpan Time(byte[] key, byte[] data)
    {
        TimeSpan best = TimeSpan.MaxValue;
        for (int round = 0; round < 6; round++)
        {
            KeyedMinChunker chunker = new(64 << 10, key, VectorWidth.Bits256, isSoftware: true);
            long start = Stopwatch.GetTimestamp();
            _ = Lengths(chunker, data);
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            best = time < best ? time : best;
        }

        return best;
    }
}
