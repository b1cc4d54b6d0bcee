namespace Snapstore.Chunking;

/// <summary>The table from parameters to chunker.</summary>
public static class Chunkers
{
    /// <summary>A chunker for one thread.</summary>
    /// <param name="parameters">Kind and average size.</param>
    /// <param name="key">32 secret bytes; fixed blocks need none.</param>
    /// <exception cref="ArgumentException">A size that <see cref="ChunkerParameters.Parse"/> would refuse, or a key of
    /// another length for content-defined cuts.</exception>
    public static IChunker Create(ChunkerParameters parameters, ReadOnlySpan<byte> key) => parameters.IsContentDefined
        ? new KeyedMinChunker(parameters.AverageSize, key)
        : new FixedChunker(parameters.AverageSize);
}
