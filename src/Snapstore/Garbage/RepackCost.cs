namespace Snapstore.Garbage;

/// <summary>What rewriting a pack would cost and leave, for each tolerance: the share of a segment that may be waste where the segment is
/// moved as it is stored, not taken apart and compressed again.</summary>
internal sealed class RepackCost
{
    /// <summary>Shares of a segment's plaintext, from none up: where there are more, too little is won back.</summary>
    public static readonly double[] Tolerances = [0, 0.05, 0.1, 0.15, 0.2, 0.3];

    /// <summary>Of a pack of which nothing is known.</summary>
    public static readonly RepackCost None = new();

    private readonly long[] _waste = new long[Tolerances.Length], _encoded = new long[Tolerances.Length];

    /// <summary>Counts a segment.</summary>
    /// <param name="storedLength">Its bytes as stored.</param>
    /// <param name="used">Share of its plaintext that is needed, 0 to 1.</param>
    /// <param name="largestWaste">Up to which tolerance it is moved as it is stored; negative for none.</param>
    public void Add(int storedLength, double used, double largestWaste)
    {
        for (int i = 0; i < Tolerances.Length && used > 0; i++)
        {
            bool isMoved = 1 - used <= Math.Min(Tolerances[i], largestWaste);
            (isMoved ? _waste : _encoded)[i] += (long)Math.Round(storedLength * (isMoved ? 1 - used : used));
        }
    }

    /// <summary>Stored bytes that nobody needs and that stay, within segments that are moved.</summary>
    public long Waste(int tolerance) => _waste[tolerance];

    /// <summary>Stored bytes that are compressed again.</summary>
    public long Encoded(int tolerance) => _encoded[tolerance];
}
