using System.Runtime.CompilerServices;

namespace Snapstore.Hashing;

/// <summary>Hashes chunks and parents of one mode: a key and the flag that goes with it.</summary>
internal readonly unsafe struct Blake3Node(byte* key, uint modeFlags)
{
    /// <summary>Chaining values of whole chunks that lie one after another.</summary>
    public void HashChunks(byte* input, int count, ulong firstChunk, byte* values)
    {
        for (int chunk = 0; chunk < count; chunk++)
        {
            HashPartialChunk(input + chunk * Blake3Constants.ChunkSize, Blake3Constants.ChunkSize,
                firstChunk + (uint)chunk, values + chunk * Blake3Constants.ValueSize);
        }
    }

    /// <summary>Chaining values of parents whose pairs lie one after another; may overwrite them.</summary>
    [SkipLocalsInit]
    public void HashParents(byte* pairs, int count, byte* values)
    {
        byte* full = stackalloc byte[Blake3Constants.BlockSize];
        Blake3BlockInfo info = new(0, Blake3Constants.BlockSize, modeFlags | Blake3Constants.Parent);
        for (int parent = 0; parent < count; parent++)
        {
            Blake3Scalar.Compress(key, pairs + parent * Blake3Constants.BlockSize, info, full);
            Unsafe.CopyBlockUnaligned(values + parent * Blake3Constants.ValueSize, full, Blake3Constants.ValueSize);
        }
    }

    /// <summary>The chaining value of one chunk of 1 to 1024 bytes.</summary>
    [SkipLocalsInit]
    public void HashPartialChunk(byte* input, int size, ulong chunk, byte* value)
    {
        byte* chained = stackalloc byte[Blake3Constants.ValueSize];
        byte* last = stackalloc byte[Blake3Constants.BlockSize];
        byte* full = stackalloc byte[Blake3Constants.BlockSize];
        Blake3BlockInfo info = HashAllButLast(input, size, chunk, chained, last);
        Blake3Scalar.Compress(chained, last, info, full);
        Unsafe.CopyBlockUnaligned(value, full, Blake3Constants.ValueSize);
    }

    /// <summary>The hash of a message of one chunk, 0 to 1024 bytes.</summary>
    [SkipLocalsInit]
    public void HashRootChunk(byte* input, int size, Span<byte> output)
    {
        byte* chained = stackalloc byte[Blake3Constants.ValueSize];
        byte* last = stackalloc byte[Blake3Constants.BlockSize];
        Blake3BlockInfo info = HashAllButLast(input, size, 0, chained, last);
        WriteRoot(chained, last, info, output);
    }

    /// <summary>The hash of a message of several chunks from the two chaining values under its root.</summary>
    public void HashRootParent(byte* pair, Span<byte> output) =>
        WriteRoot(key, pair, new Blake3BlockInfo(0, Blake3Constants.BlockSize, modeFlags | Blake3Constants.Parent), output);

    // Leaves the chaining value before the last block, and that block padded with zeros.
    private Blake3BlockInfo HashAllButLast(byte* input, int size, ulong chunk, byte* chained, byte* last)
    {
        byte* full = stackalloc byte[Blake3Constants.BlockSize];
        Unsafe.CopyBlockUnaligned(chained, key, Blake3Constants.ValueSize);
        uint start = Blake3Constants.ChunkStart;
        for (; size > Blake3Constants.BlockSize; size -= Blake3Constants.BlockSize)
        {
            Blake3Scalar.Compress(chained, input, new(chunk, Blake3Constants.BlockSize, modeFlags | start), full);
            Unsafe.CopyBlockUnaligned(chained, full, Blake3Constants.ValueSize);
            input += Blake3Constants.BlockSize;
            start = 0;
        }
        Unsafe.InitBlockUnaligned(last, 0, Blake3Constants.BlockSize);
        Unsafe.CopyBlockUnaligned(last, input, (uint)size);
        return new Blake3BlockInfo(chunk, (uint)size, modeFlags | start | Blake3Constants.ChunkEnd);
    }

    // The counter of a root numbers the 64-byte pieces of its output (paper, section 2.6).
    private static void WriteRoot(byte* chained, byte* block, Blake3BlockInfo info, Span<byte> output)
    {
        byte* full = stackalloc byte[Blake3Constants.BlockSize];
        for (ulong piece = 0; !output.IsEmpty; piece++)
        {
            Blake3Scalar.Compress(chained, block, new(piece, info.Length, info.Flags | Blake3Constants.Root), full);
            int size = Math.Min(output.Length, Blake3Constants.BlockSize);
            new ReadOnlySpan<byte>(full, size).CopyTo(output);
            output = output[size..];
        }
    }
}
