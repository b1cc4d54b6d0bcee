using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Snapstore.Hashing;

/// <summary>Chunks or parents that are hashed at once, one in each lane of the vectors.</summary>
internal unsafe struct Blake3Batch
{
    /// <summary>The chaining value that all start from: 32 bytes.</summary>
    public byte* Key;

    /// <summary>The first one's message.</summary>
    public byte* Input;

    /// <summary>Bytes from one message to the next.</summary>
    public int Stride;

    /// <summary>How many there are; further lanes repeat the last one, their results mean nothing.</summary>
    public int Count;

    /// <summary>64-byte blocks of each message.</summary>
    public int Blocks;

    /// <summary>The first one's counter.</summary>
    public ulong Counter;

    /// <summary>What the counter grows by from lane to lane: 1 for chunks, 0 for parents.</summary>
    public uint CounterStep;

    /// <summary>Flags of every block.</summary>
    public uint Flags;

    /// <summary>More flags of the first block.</summary>
    public uint FirstFlags;

    /// <summary>More flags of the last block.</summary>
    public uint LastFlags;

    /// <summary>Whether as many chunks again lie behind these and will be hashed next.</summary>
    public bool MoreFollow;

    /// <summary>Whether nobody has asked for the memory of these beforehand.</summary>
    public bool IsFirst;

    /// <summary>Receives the chaining values one after another; has room for every lane.</summary>
    public byte* Output;

    /// <summary>The address of each lane's message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void FillLanes(byte** lanes, int laneCount)
    {
        unchecked
        {
            for (int lane = 0; lane < laneCount; lane++)
                lanes[lane] = Input + Math.Min(lane, Count - 1) * Stride;
        }
    }

    /// <summary>The flags of one block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint FlagsOf(int block) =>
        Flags | (block == 0 ? FirstFlags : 0) | (block == Blocks - 1 ? LastFlags : 0);

    /// <summary>
    /// Asks for memory while one block of each lane is hashed. Lanes a chunk apart look to the processor like
    /// many streams, too many for it to foresee on its own. The next batch is asked for a chunk at a time, in
    /// order; of a first batch, which nobody asked for, the lanes' blocks to come.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Prefetch(int block, byte** lanes, int laneCount)
    {
        if (!Sse.IsSupported)
            return;
        unchecked
        {
            if (IsFirst)
            {
                for (int lane = 0; lane < laneCount; lane++)
                    Sse.Prefetch0(lanes[lane] + 2 * Blake3Constants.BlockSize);
            }
            if (MoreFollow && block < laneCount)
            {
                byte* next = Input + (laneCount + block) * Blake3Constants.ChunkSize;
                for (int offset = 0; offset < Blake3Constants.ChunkSize; offset += Blake3Constants.BlockSize)
                    Sse.Prefetch0(next + offset);
            }
        }
    }
}

/// <summary>Marks the code that may use the rotate instruction of AVX-512VL.</summary>
internal readonly struct Blake3NativeRotation
{
    /// <summary>Whether this machine has the instruction.</summary>
    public static bool IsSupported => Avx512F.VL.IsSupported;
}

/// <summary>Marks the code that rotates with shuffles and shifts, and the shuffles.</summary>
internal readonly struct Blake3ShuffleRotation
{
    /// <summary>Which bytes, as shuffle indices in two halves, rotate each word right by 16 bits.</summary>
    public const ulong Right16Low = 0x0504070601000302;

    /// <summary>The second half.</summary>
    public const ulong Right16High = 0x0D0C0F0E09080B0A;

    /// <summary>Likewise by 8 bits.</summary>
    public const ulong Right8Low = 0x0407060500030201;

    /// <summary>The second half.</summary>
    public const ulong Right8High = 0x0C0F0E0D080B0A09;
}
