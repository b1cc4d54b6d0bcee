using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Snapstore.Benchmarks;
using Snapstore.Chunking;
using Snapstore.Hashing;

namespace Snapstore.Tests.Chunking;

public sealed class KeyedMinChunkerTests
{
    private const int Average = 16 << 10;

    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void Cuts_as_the_worked_example_of_the_page()
    {
        byte[] data = new byte[1_000_000];
        Blake3.HashKeyed(new byte[32], "snapstore chunking example"u8, data);

        Assert.Equal(LengthsOfThePage(), Lengths(new KeyedMinChunker(Average, Key), data));
    }

    [Fact]
    public void Cuts_the_same_however_the_input_is_buffered()
    {
        byte[] data = EditCorpus.Make(1 << 20, seed: 7);
        List<int> whole = Lengths(new KeyedMinChunker(Average, Key), data);
        Gen<int[]> reads = Gen.Choose(1, 70_000).ArrayOf(8);

        Prop.ForAll(reads.ToArbitrary(), sizes => BufferedLengths(new KeyedMinChunker(Average, Key), data, sizes).SequenceEqual(whole))
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Keeps_its_bounds_and_loses_no_byte_on_any_content()
    {
        Gen<byte[]> contents = Gen.Choose(0, 200_000).SelectMany(size => Gen.Choose(0, 3).Select(kind => Content(size, kind)));

        Prop.ForAll(contents.ToArbitrary(), data =>
        {
            KeyedMinChunker chunker = new(Average, Key);
            List<int> lengths = Lengths(chunker, data);
            return lengths.Sum() == data.Length
                && lengths.All(length => length <= chunker.SizeMax)
                && lengths.SkipLast(1).All(length => length >= Average / 2);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Hits_the_average_within_five_percent(bool isText)
    {
        byte[] corpus = EditCorpus.Make(32 << 20, seed: 11);
        byte[] data = isText ? corpus[..(16 << 20)] : corpus[(16 << 20)..];

        double mean = data.Length / (double)Lengths(new KeyedMinChunker(Average, Key), data).Count;

        Assert.InRange(mean, Average * 0.95, Average * 1.05);
    }

    [Fact]
    public void Finds_the_same_cuts_again_behind_an_insertion()
    {
        byte[] data = EditCorpus.Make(2 << 20, seed: 13);
        byte[] edited = [.. data[..700_000], 1, 2, 3, .. data[700_000..]];
        HashSet<int> before = [.. Ends(data).Select(end => end + 3)];

        int misses = Ends(edited).Count(end => end > 700_003 && !before.Contains(end));

        Assert.InRange(misses, 0, 8);
    }

    [Fact]
    public void Finds_no_more_new_than_FastCDC_within_three_percent()
    {
        byte[] first = EditCorpus.Make(96 << 20, seed: 17);
        byte[] second = EditCorpus.Edit(first, edits: 150, seed: 18);

        (long ours, double ourMean) = EditCorpus.NewBytes(new KeyedMinChunker(64 << 10, Key), first, second);
        (long theirs, double theirMean) = EditCorpus.NewBytes(FastCdc.WithMean(ourMean, 64 << 10, first), first, second);

        Assert.InRange(theirMean, 0.98 * ourMean, 1.02 * ourMean);
        Assert.True(ours <= 1.03 * theirs, $"{ours} against {theirs} at a mean of {ourMean:f0}");
    }

    [Fact]
    public void Cuts_differently_under_another_key()
    {
        byte[] data = EditCorpus.Make(1 << 20, seed: 19);

        int shared = Ends(data, Key).Intersect(Ends(data, [.. Key.Reverse()])).Count();

        Assert.InRange(shared, 1, 8); // the end of the content, and chance
    }

    [Fact]
    public void Asks_for_more_only_while_the_end_cannot_be_decided()
    {
        KeyedMinChunker chunker = new(Average, Key);

        Assert.Equal(0, chunker.NextCut(new byte[chunker.LookAhead - 1], isEnd: false));
        Assert.NotEqual(0, chunker.NextCut(new byte[chunker.LookAhead], isEnd: false));
        Assert.Equal(1, chunker.NextCut(new byte[1], isEnd: true));
    }

    private static byte[] Content(int size, int kind)
    {
        byte[] data = new byte[size];
        if (kind == 0)
            Blake3.Hash(BitConverter.GetBytes(size), data.Length == 0 ? new byte[1] : data);
        for (int i = 0; kind > 1 && i < size; i++)
            data[i] = (byte)(i % (kind * 3));
        return data;
    }

    private static List<int> Lengths(IChunker chunker, byte[] data)
    {
        List<int> lengths = [];
        for (int at = 0; at < data.Length; at += lengths[^1])
            lengths.Add(chunker.NextCut(data.AsSpan(at), isEnd: true));
        return lengths;
    }

    private static List<int> BufferedLengths(IChunker chunker, byte[] data, int[] reads)
    {
        List<int> lengths = [];
        int start = 0, end = 0;
        for (int i = 0; start < data.Length; i++)
        {
            end = Math.Min(data.Length, end + reads[i % reads.Length]);
            int length;
            while (start < end && (length = chunker.NextCut(data.AsSpan(start, end - start), end == data.Length)) > 0)
            {
                lengths.Add(length);
                start += length;
            }
        }

        return lengths;
    }

    private static List<int> Ends(byte[] data, byte[]? key = null)
    {
        int end = 0;
        return [.. Lengths(new KeyedMinChunker(Average, key ?? Key), data).Select(length => end += length)];
    }

    private static List<int> LengthsOfThePage()
    {
        IEnumerable<string> block = SpecFiles.Lines("formats/chunking.md")
            .SkipWhile(line => line != "```lengths name=cdc-16KiB").Skip(1).TakeWhile(line => line != "```");
        return [.. block.SelectMany(line => line.Split(' ')).Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
    }
}
