using System.Numerics;
using System.Runtime.CompilerServices;

namespace Snapstore.Hashing;

/// <summary>
/// The tree of one message while its chunks arrive from left to right. Pairing neighbours level by level, a
/// last odd node passing up unchanged, gives the tree of the paper (section 2.1), so chaining values wait in
/// groups of <see cref="GroupChunks"/> and are paired many at a time.
/// </summary>
/// <remarks>
/// Values hold the chunks of the group still open. A full group is closed only when another chunk follows it:
/// until then its top may be the root, which is compressed differently. A closed group leaves one chaining
/// value on the stack, whose depth is the number of one bits in the count of closed groups.
/// </remarks>
internal unsafe ref struct Blake3Tree
{
    /// <summary>Chunks whose chaining values are paired together; a power of two.</summary>
    public const int GroupChunks = 256;

    /// <summary>Bytes for the values of a group; wide batches may write up to 16 values past the last.</summary>
    public const int ValuesSize = (GroupChunks + 16) * Blake3Constants.ValueSize;

    /// <summary>Bytes for the stack: a 64-bit length has at most 2^46 groups.</summary>
    public const int StackSize = 47 * Blake3Constants.ValueSize;

    /// <summary>Chaining values of the open group's chunks.</summary>
    public byte* Values;

    /// <summary>Chaining values of the closed subtrees, the largest first.</summary>
    public byte* Stack;

    /// <summary>Chunks in the open group, 0 to <see cref="GroupChunks"/>.</summary>
    public int ValueCount;

    /// <summary>Groups closed so far.</summary>
    public ulong Groups;

    private readonly Blake3Node _node;

    public Blake3Tree(Blake3Node node, byte* values, byte* stack)
    {
        _node = node;
        Values = values;
        Stack = stack;
    }

    private readonly ulong NextChunk => Groups * GroupChunks + (uint)ValueCount;

    /// <summary>Takes whole chunks. A message of a single chunk must go to <see cref="Finish"/> alone.</summary>
    public void Add(byte* input, nuint chunks)
    {
        while (chunks > 0)
        {
            if (ValueCount == GroupChunks)
                CloseGroup();
            int count = (int)Math.Min(chunks, (nuint)(GroupChunks - ValueCount));
            _node.HashChunks(input, count, chunks, NextChunk, Values + ValueCount * Blake3Constants.ValueSize);
            ValueCount += count;
            input += (nuint)count * Blake3Constants.ChunkSize;
            chunks -= (nuint)count;
        }
    }

    /// <summary>Takes the last bytes of the message and writes its hash; the tree is spent.</summary>
    public void Finish(byte* tail, int tailSize, Span<byte> output)
    {
        if (Groups == 0 && ValueCount == 0 && tailSize <= Blake3Constants.ChunkSize)
        {
            _node.HashRootChunk(tail, tailSize, output);
            return;
        }
        Add(tail, (nuint)(tailSize / Blake3Constants.ChunkSize));
        AddPartial(tail + tailSize / Blake3Constants.ChunkSize * Blake3Constants.ChunkSize,
            tailSize % Blake3Constants.ChunkSize);
        int depth = BitOperations.PopCount(Groups);
        Reduce(depth == 0 ? 2 : 1);
        while (depth > 1)
            MergeTop(ref depth, Values);
        if (depth == 1)
        {
            Copy(Values, Values + Blake3Constants.ValueSize);
            Copy(Stack, Values);
        }
        _node.HashRootParent(Values, output);
    }

    private void AddPartial(byte* input, int size)
    {
        if (size == 0)
            return;
        if (ValueCount == GroupChunks)
            CloseGroup();
        _node.HashChunk(input, size, NextChunk, Values + ValueCount * Blake3Constants.ValueSize);
        ValueCount++;
    }

    private void CloseGroup()
    {
        Reduce(1);
        int depth = BitOperations.PopCount(Groups);
        // Each trailing one bit of the count is a finished subtree as large as the one that now closes.
        for (ulong rest = Groups; (rest & 1) != 0; rest >>= 1)
            MergeTop(ref depth, Values);
        Copy(Values, Stack + depth * Blake3Constants.ValueSize);
        Groups++;
        ValueCount = 0;
    }

    // Pairs the values level by level until at most `target` are left.
    private void Reduce(int target)
    {
        while (ValueCount > target)
        {
            int parents = ValueCount / 2;
            _node.HashParents(Values, parents, Values);
            if (ValueCount % 2 != 0)
                Copy(Values + parents * 2 * Blake3Constants.ValueSize, Values + parents * Blake3Constants.ValueSize);
            ValueCount -= parents;
        }
    }

    private readonly void MergeTop(ref int depth, byte* right)
    {
        byte* pair = stackalloc byte[Blake3Constants.BlockSize];
        depth--;
        Copy(Stack + depth * Blake3Constants.ValueSize, pair);
        Copy(right, pair + Blake3Constants.ValueSize);
        _node.HashParents(pair, 1, right);
    }

    private static void Copy(byte* from, byte* to) =>
        Unsafe.CopyBlockUnaligned(to, from, Blake3Constants.ValueSize);
}
