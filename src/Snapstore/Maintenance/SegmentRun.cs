using Snapstore.Formats;

namespace Snapstore.Maintenance;

/// <summary>Consecutive segments of a pack that are read in one piece.</summary>
/// <param name="First">Number of the first segment.</param>
/// <param name="End">Number behind the last one.</param>
/// <param name="Offset">Bytes before the first.</param>
/// <param name="Length">Bytes of all.</param>
internal readonly record struct SegmentRun(int First, int End, long Offset, int Length)
{
    /// <summary>Bytes at which a piece is large enough: few calls, and it still lies in the cache when it is opened.</summary>
    public const int LengthTarget = 1 << 20;

    /// <summary>The same where each piece waits for a store that is far away.</summary>
    public const int FarLengthTarget = 4 << 20;

    /// <summary>All segments of a directory in runs.</summary>
    public static List<SegmentRun> AllOf(PackDirectory directory, int lengthTarget = LengthTarget)
    {
        List<SegmentRun> runs = [];
        ReadOnlySpan<SegmentRecord> segments = directory.Segments;
        for (int first = 0; first < segments.Length;)
        {
            int end = first;
            int length = 0;
            while (end < segments.Length && length < lengthTarget)
                length += segments[end++].StoredLength;
            runs.Add(new SegmentRun(first, end, segments[first].Offset, length));
            first = end;
        }

        return runs;
    }
}
