namespace Snapstore.Backup;

/// <summary>Finds where the content of a base ends in a changed version of it, so that the changed one is cut there, too.</summary>
/// <remarks>Where what changed is what made the cut, the old cut persists: else this chunk and the next would each have half of
/// their content from another base than the other half. Told by the bytes before the cut, for offsets drift where lengths of
/// rows change.</remarks>
internal static class ContentEnd
{
    // As many bytes as decide a cut (spec/formats/chunking.md).
    private const int TailSize = 64;

    // How far from where it is expected the end is looked for: changes within one chunk move it by some of their bytes.
    private const int Slack = 8 << 10;

    /// <summary>True where both end with the same bytes.</summary>
    public static bool AreSame(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> old) =>
        plain.Length >= TailSize && old.Length >= TailSize && plain[^TailSize..].SequenceEqual(old[^TailSize..]);

    /// <summary>Where to cut: where the base's last bytes stand, nearest to where they are expected; at the chunker's cut where
    /// they stand there, or nowhere.</summary>
    /// <param name="data">Content from the chunk's start on, as far as a chunk may reach.</param>
    /// <param name="old">The base.</param>
    /// <param name="cut">Where the chunker cuts.</param>
    /// <param name="end">Where the base's end is expected.</param>
    /// <param name="lengthMin">Bytes that a chunk must have.</param>
    public static int Find(ReadOnlySpan<byte> data, ReadOnlySpan<byte> old, int cut, long end, int lengthMin)
    {
        if (AreSame(data[..cut], old) || old.Length < TailSize)
            return cut;
        ReadOnlySpan<byte> tail = old[^TailSize..];
        int low = (int)Math.Clamp(end - Slack, Math.Min(Math.Max(lengthMin, TailSize), data.Length), data.Length);
        int high = (int)Math.Clamp(end + Slack, low, data.Length);
        int best = cut;
        for (int at = low - TailSize; at + TailSize <= high; at++)
        {
            int next = data[at..high].IndexOf(tail);
            if (next < 0)
                break;
            at += next;
            int found = at + TailSize;
            if (best == cut || Math.Abs(found - end) < Math.Abs(best - end))
                best = found;
        }

        return best;
    }
}
