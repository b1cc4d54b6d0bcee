namespace Snapstore.Chunking;

/// <summary>Cuts every so many bytes: for database pages and disk images, whose parts stay where they are
/// (spec/formats/chunking.md, "Fixed blocks").</summary>
public sealed class FixedChunker : IChunker
{
    /// <summary>Blocks of this many bytes, a power of two from 4 KiB to 4 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Any other size.</exception>
    public FixedChunker(int size)
    {
        ChunkerParameters.CheckSize(size);
        SizeMax = size;
    }

    /// <inheritdoc/>
    public int SizeMax { get; }

    /// <inheritdoc/>
    public int LookAhead => SizeMax;

    /// <inheritdoc/>
    public int NextCut(ReadOnlySpan<byte> data, bool isEnd)
    {
        if (data.Length >= SizeMax)
            return SizeMax;
        return isEnd ? data.Length : 0;
    }
}
