using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Snapstore.Chunking;

/// <summary>Finds the candidate of least rank in a range of positions (spec/formats/chunking.md, "Cut").</summary>
/// <remarks>
/// Two passes over pieces that fit the first-level cache: candidates are written to a list almost without a branch, then
/// ranked four at a time. Ranking each where it is found costs a mispredicted branch and an AES chain's whole latency.
/// </remarks>
internal readonly struct CandidateScan(CandidateFilter filter, WindowRank rank, bool isSoftware)
{
    // Candidates a piece: at the usual density, those of 32 KiB of content.
    private const int BatchCount = 128;

    // The last mask may overshoot, and the last group of four is filled up.
    private const int ListCount = BatchCount + CandidateFilter.Step + 4;

    // From here on a mask may be that of periodic content, which is tested for. One random mask in 7000 has that many.
    private const int DenseCount = 4;

    /// <summary>The first of the least-ranked candidates in [<paramref name="start"/>, <paramref name="end"/>), or
    /// position -1 where there is none. All bytes before end are there, and at least 64 of them before start.</summary>
    [SkipLocalsInit]
    public RankedCandidate LeastRanked<TMask>(TMask masks, ref byte chunk, int start, int end)
        where TMask : struct, ICandidateMask
    {
        Span<int> list = stackalloc int[ListCount];
        ref int candidates = ref list[0];
        RankedCandidate least = new();
        int count = 0;
        int position = start;
        for (; position <= end - CandidateFilter.Step; position += CandidateFilter.Step)
        {
            ulong mask = masks.Of(ref Unsafe.Add(ref chunk, position - CandidateFilter.WindowSize));
            int found = BitOperations.PopCount(mask);
            // Two stores without asking whether there is anything to store; what is beyond the count is written over.
            Unsafe.Add(ref candidates, count) = position + BitOperations.TrailingZeroCount(mask);
            ulong rest = mask & unchecked(mask - 1);
            Unsafe.Add(ref candidates, count + 1) = position + BitOperations.TrailingZeroCount(rest);
            if (found > 2)
            {
                if (found >= DenseCount && position > start && IsRepetition(ref Unsafe.Add(ref chunk, position), mask))
                    continue;
                AddAll(ref Unsafe.Add(ref candidates, count), position, mask);
            }

            count += found;
            if (count > BatchCount)
            {
                RankAll(ref chunk, list, count, ref least);
                count = 0;
            }
        }

        for (; position < end; position++)
        {
            if (filter.IsCandidate(ref Unsafe.Add(ref chunk, position - CandidateFilter.WindowSize)))
                list[count++] = position;
        }

        RankAll(ref chunk, list, count, ref least);
        return least;
    }

    private static void AddAll(ref int candidates, int position, ulong mask)
    {
        for (int i = 0; mask != 0; i++)
        {
            Unsafe.Add(ref candidates, i) = position + BitOperations.TrailingZeroCount(mask);
            mask &= mask - 1;
        }
    }

    // True where the windows that end in these 64 positions all ended d positions earlier, too, for a d below 64: then
    // each candidate has the rank of one before it and cannot win. The period is the distance between a candidate and
    // the next, second or third one after it, or is not looked for. The 64 positions before these must be in the range.
    private static bool IsRepetition(ref byte position, ulong mask)
    {
        int first = BitOperations.TrailingZeroCount(mask);
        for (int i = 1; i < DenseCount; i++)
        {
            mask &= mask - 1;
            nuint distance = (nuint)(BitOperations.TrailingZeroCount(mask) - first);
            ref byte earlier = ref Unsafe.Subtract(ref position, distance);
            bool isRepetition = Vector512.LoadUnsafe(ref position) == Vector512.LoadUnsafe(ref earlier)
                && Vector512.LoadUnsafe(ref Unsafe.Subtract(ref position, Vector512<byte>.Count))
                    == Vector512.LoadUnsafe(ref Unsafe.Subtract(ref earlier, Vector512<byte>.Count));
            if (isRepetition)
                return true;
        }

        return false;
    }

    private void RankAll(ref byte chunk, Span<int> list, int count, ref RankedCandidate least)
    {
        // Filled up to a multiple of four with the last candidate: an equal rank wins nothing.
        for (int i = count; i % 4 != 0; i++)
            list[i] = list[count - 1];
        if (isSoftware)
            RankAll<SoftwareAesRound>(ref chunk, ref list[0], count, ref least);
        else
            RankAll<ProcessorAesRound>(ref chunk, ref list[0], count, ref least);
    }

    private void RankAll<TRound>(ref byte chunk, ref int list, int count, ref RankedCandidate least)
        where TRound : IAesRound
    {
        for (int i = 0; i < count; i += 4)
        {
            // Never a reference to 64 bytes before the chunk: outside its array, it would not move along when the garbage
            // collector moves that.
            ref int four = ref Unsafe.Add(ref list, i);
            (int p, int q) = (four, Unsafe.Add(ref four, 1));
            (int r, int s) = (Unsafe.Add(ref four, 2), Unsafe.Add(ref four, 3));
            FourValues values = rank.Of<TRound>(
                ref Unsafe.Add(ref chunk, p - WindowRank.WindowSize),
                ref Unsafe.Add(ref chunk, q - WindowRank.WindowSize),
                ref Unsafe.Add(ref chunk, r - WindowRank.WindowSize),
                ref Unsafe.Add(ref chunk, s - WindowRank.WindowSize));
            least.Consider(values.First, p);
            least.Consider(values.Second, q);
            least.Consider(values.Third, r);
            least.Consider(values.Fourth, s);
        }
    }
}

/// <summary>A candidate and the value of its window, of which the first 8 bytes are the rank.</summary>
internal struct RankedCandidate()
{
    private ulong _rank = ulong.MaxValue;

    /// <summary>Bytes from the chunk's start; -1 for none yet.</summary>
    public int Position { get; private set; } = -1;

    /// <summary>The last 8 bytes of the value, little-endian: where the offset comes from.</summary>
    public ulong OffsetSource { get; private set; }

    /// <summary>Becomes this candidate if it ranks lower; of equals the earlier stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Consider(Vector128<byte> value, int position)
    {
        ulong candidateRank = value.AsUInt64().ToScalar();
        if (candidateRank < _rank || Position < 0)
        {
            _rank = candidateRank;
            Position = position;
            OffsetSource = value.AsUInt64().GetElement(1);
        }
    }
}
