using Snapstore.Chunking;

namespace Snapstore.Benchmarks;

/// <summary>FastCDC as published in 2020 (one byte a step, normalized chunking of level 2), as the measuring stick of what
/// content-defined chunking finds. Not part of the program.</summary>
internal sealed class FastCdc : IChunker
{
    private readonly ulong[] _gear = new ulong[256];
    private readonly int _average, _minimum;
    private readonly ulong _maskSmall, _maskLarge;

    /// <summary>Minimum, normal and maximum size at 1/4, 1 and 4 times the average, the first two scaled.</summary>
    public FastCdc(int averageSize, double scale = 1)
    {
        _average = (int)(averageSize * scale);
        _minimum = _average / 4;
        SizeMax = averageSize * 4;
        int bits = System.Numerics.BitOperations.Log2((uint)averageSize);
        _maskSmall = TopBits(bits + 2);
        _maskLarge = TopBits(bits - 2);
        ulong state = 0x9e3779b97f4a7c15;
        for (int i = 0; i < 256; i++)
            _gear[i] = SplitMix(ref state);
    }

    public int SizeMax { get; }

    public int LookAhead => SizeMax;

    /// <summary>Scaled so that its mean chunk size over this data is the one wanted: who cuts finer finds less new, so only
    /// chunkers of one mean can be compared.</summary>
    public static FastCdc WithMean(double mean, int averageSize, byte[] data)
    {
        double low = 0.25, high = 1.5;
        for (int i = 0; i < 10; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = EditCorpus.Mean(new FastCdc(averageSize, middle), data) < mean ? (middle, high) : (low, middle);
        }

        return new FastCdc(averageSize, (low + high) / 2);
    }

    public int NextCut(ReadOnlySpan<byte> data, bool isEnd)
    {
        if (data.Length < SizeMax && !isEnd)
            return 0;
        int end = Math.Min(data.Length, SizeMax);
        ulong hash = 0;
        for (int i = Math.Min(_minimum, end); i < end; i++)
        {
            hash = unchecked((hash << 1) + _gear[data[i]]);
            if ((hash & (i < _average ? _maskSmall : _maskLarge)) == 0)
                return i + 1;
        }

        return end;
    }

    private static ulong TopBits(int count) => ulong.MaxValue << (64 - count);

    private static ulong SplitMix(ref ulong state) => unchecked(Mix(state += 0x9e3779b97f4a7c15));

    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            return z ^ (z >> 31);
        }
    }
}
