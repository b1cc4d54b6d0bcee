using Snapstore.Chunking;
using Snapstore.Hashing;

namespace Snapstore.Tests.Chunking;

/// <summary>What chunk lengths tell about known content to one who knows the candidate filter, too: the figure that
/// spec/formats/chunking.md states, measured.</summary>
public sealed class KeyedMinLeakTests
{
    private const int Average = 16 << 10, Spread = Average / 16, First = Average / 2, End = (3 * Average / 2) - Spread;

    [Fact]
    public void Known_content_and_filter_tell_one_in_eight_of_a_nat_a_chunk_at_16KiB()
    {
        byte[] data = new byte[32 << 20];
        Blake3.Hash([31], data);
        double sum = 0;
        int chunks = 0;
        foreach (byte number in (byte[])[1, 2, 3])
        {
            (double keySum, int keyChunks) = Leak(data, [.. Enumerable.Repeat(number, 32)]);
            (sum, chunks) = (sum + keySum, chunks + keyChunks);
        }

        // 256 / (2 S) = 0.125 by the estimate, where S positions hold 4 candidates; a standard error of 0.007.
        Assert.InRange(sum / chunks, 0.10, 0.16);
    }

    // The sum of ln(P(length | filter) / P(length | any filter)) over the chunks. Each candidate is as likely to rank
    // least, each offset as likely as another, so P is the share of candidates from which the length can be reached.
    private static (double Nats, int Chunks) Leak(byte[] data, byte[] key)
    {
        KeyedMinChunker chunker = new(Average, key);
        ReferenceKeyedMin cuts = new(Average, key);
        int[] before = new int[End + 1];
        double sum = 0;
        int chunks = 0;
        for (int at = 0, length; at + chunker.SizeMax <= data.Length; at += length, chunks++)
        {
            length = chunker.NextCut(data.AsSpan(at), isEnd: false);
            for (int p = First; p < End; p++)
                before[p + 1] = before[p] + (cuts.IsCandidate(data.AsSpan(at + p - 8)) ? 1 : 0);
            int from = Math.Max(First, length - Spread + 1), to = Math.Min(End, length + 1);
            double share = (before[to] - before[from]) / (double)before[End];
            sum += Math.Log(share / ((to - from) / (double)(End - First)));
        }

        return (sum, chunks);
    }
}
