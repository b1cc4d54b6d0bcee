using Snapstore.Chunking;

namespace Snapstore.Benchmarks;

/// <summary>FastCDC as published in 2020 (one byte a step, normalized chunking of level 2), as the measuring stick of what
/// content-defined chunking finds. Not part of the program.</summary>
internal sealed class FastCdc : IChunker
{
    private readonly ulong[] _gear = new ulong[256];
    private readonly int _average, _minimum;
    private readonly ulong _maskSmall, _maskLarge;

    public FastCdc(int averageSize)
    {
        _average = averageSize;
        _minimum = averageSize / 4;
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
