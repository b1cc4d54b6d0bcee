namespace Snapstore.Hashing;

/// <summary>What a compression takes beside the chaining value and the message (paper, section 2.2).</summary>
/// <param name="Counter">Number of the chunk, or of the output block of a root.</param>
/// <param name="Length">Bytes of message in the block, 0 to 64.</param>
/// <param name="Flags">The domain flags of every block.</param>
/// <param name="FirstFlags">More flags of the first block.</param>
internal readonly record struct Blake3BlockInfo(
    ulong Counter, uint Length, uint Flags, uint FirstFlags = 0);
