using System.Runtime.CompilerServices;

namespace Snapstore.Hashing;

/// <summary>Hashes chunks and parents of one mode: a key and the flag that goes with it.</summary>
internal readonly unsafe struct Blake3Node(Blake3Level level, byte* key, uint modeFlags)
{
    /// <summary>Chaining values of whole chunks that lie one after another.</summary>
    /// <param name="input">The first chunk.</param>
    /// <param name="count">Chunks to hash, 1 or more.</param>
    /// <param name="available">Chunks that lie there, of which the rest will be hashed next.</param>
    /// <param name="firstChunk">Number of the first chunk in the message.</param>
    /// <param name="values">Receives the values; has room for 16 more than there are chunks.</param>
    public void HashChunks(byte* input, int count, nuint available, ulong firstChunk, byte* values)
    {
        Blake3Batch batch = new()
        {
            Key = key,
            Stride = Blake3Constants.ChunkSize,
            Blocks = Blake3Constants.ChunkBlocks,
            CounterStep = 1,
            Flags = modeFlags,
            FirstFlags = Blake3Constants.ChunkStart,
            LastFlags = Blake3Constants.ChunkEnd,
        };
        for (int done = 0; done < count; done += batch.Count)
        {
            batch.Input = input + done * Blake3Constants.ChunkSize;
            batch.Output = values + done * Blake3Constants.ValueSize;
            batch.Counter = firstChunk + (uint)done;
            int lanes = LanesFor(count - done);
            batch.Count = Math.Min(lanes, count - done);
            batch.IsFirst = firstChunk + (uint)done == 0;
            batch.MoreFollow = available > (nuint)(done + lanes);
            if (lanes == 1)
                HashChunk(batch.Input, Blake3Constants.ChunkSize, batch.Counter, batch.Output);
            else
                HashLanes(lanes, batch);
        }
    }

    /// <summary>Chaining values of parents whose pairs lie one after another; they may take the pairs' place.</summary>
    public void HashParents(byte* pairs, int count, byte* values)
    {
        Blake3Batch batch = new()
        {
            Key = key,
            Stride = Blake3Constants.BlockSize,
            Blocks = 1,
            Flags = modeFlags | Blake3Constants.Parent,
        };
        for (int done = 0; done < count; done += batch.Count)
        {
            batch.Input = pairs + done * Blake3Constants.BlockSize;
            batch.Output = values + done * Blake3Constants.ValueSize;
            int lanes = LanesFor(count - done);
            batch.Count = Math.Min(lanes, count - done);
            if (lanes == 1)
                HashParent(batch.Input, batch.Output);
            else
                HashLanes(lanes, batch);
        }
    }

    /// <summary>The chaining value of one chunk of 1 to 1024 bytes.</summary>
    [SkipLocalsInit]
    public void HashChunk(byte* input, int size, ulong chunk, byte* value)
    {
        byte* room = stackalloc byte[2 * Blake3Constants.BlockSize];
        LastBlock last = HashAllButLast(input, size, chunk, room);
        Compress(last.Value, last.Block, 1, last.Info, room);
        Unsafe.CopyBlockUnaligned(value, room, Blake3Constants.ValueSize);
    }

    /// <summary>The hash of a message of one chunk, 0 to 1024 bytes.</summary>
    [SkipLocalsInit]
    public void HashRootChunk(byte* input, int size, Span<byte> output)
    {
        byte* room = stackalloc byte[2 * Blake3Constants.BlockSize];
        WriteRoot(HashAllButLast(input, size, 0, room), output);
    }

    /// <summary>The hash of a message of several chunks from the two chaining values under its root.</summary>
    public void HashRootParent(byte* pair, Span<byte> output) =>
        WriteRoot(new LastBlock(key, pair, ParentInfo), output);

    private Blake3BlockInfo ParentInfo => new(0, Blake3Constants.BlockSize, modeFlags | Blake3Constants.Parent);

    // The fewest lanes that take all, or the most there are. Idle lanes cost nothing but are not worth one chunk.
    private int LanesFor(int count)
    {
        if (level >= Blake3Level.Avx512 && count > Blake3Lanes8.Lanes)
            return Blake3Lanes16.Lanes;
        if (level >= Blake3Level.Avx2 && count > Blake3Lanes4.Lanes)
            return Blake3Lanes8.Lanes;
        return level >= Blake3Level.Vector128 && count > 1 ? Blake3Lanes4.Lanes : 1;
    }

    private void HashLanes(int lanes, in Blake3Batch batch)
    {
        bool native = level >= Blake3Level.Avx512;
        if (lanes == Blake3Lanes16.Lanes)
            Blake3Lanes16.Hash(batch);
        else if (lanes == Blake3Lanes8.Lanes && native)
            Blake3Lanes8.Hash<Blake3NativeRotation>(batch);
        else if (lanes == Blake3Lanes8.Lanes)
            Blake3Lanes8.Hash<Blake3ShuffleRotation>(batch);
        else if (native)
            Blake3Lanes4.Hash<Blake3NativeRotation>(batch);
        else
            Blake3Lanes4.Hash<Blake3ShuffleRotation>(batch);
    }

    private void HashParent(byte* pair, byte* value)
    {
        byte* room = stackalloc byte[Blake3Constants.BlockSize];
        Compress(key, pair, 1, ParentInfo, room);
        Unsafe.CopyBlockUnaligned(value, room, Blake3Constants.ValueSize);
    }

    // The room takes the chaining value before the last block and, where that is short, its padded copy.
    private LastBlock HashAllButLast(byte* input, int size, ulong chunk, byte* room)
    {
        // The last block is empty only if the message is.
        int blocks = Math.Max(size - 1, 0) / Blake3Constants.BlockSize;
        uint flags = modeFlags | Blake3Constants.ChunkEnd;
        byte* value = key;
        if (blocks > 0)
        {
            Compress(key, input, blocks,
                new(chunk, Blake3Constants.BlockSize, modeFlags, Blake3Constants.ChunkStart), room);
            value = room;
            input += blocks * Blake3Constants.BlockSize;
            size -= blocks * Blake3Constants.BlockSize;
        }
        else
        {
            flags |= Blake3Constants.ChunkStart;
        }
        if (size < Blake3Constants.BlockSize)
        {
            byte* padded = room + Blake3Constants.BlockSize;
            Unsafe.InitBlockUnaligned(padded, 0, Blake3Constants.BlockSize);
            Unsafe.CopyBlockUnaligned(padded, input, (uint)size);
            input = padded;
        }
        return new LastBlock(value, input, new Blake3BlockInfo(chunk, (uint)size, flags));
    }

    private void WriteRoot(in LastBlock last, Span<byte> output)
    {
        if (output.Length <= Blake3Constants.BlockSize)
            WriteRootPiece(last, 0, output);
        else
            WriteRootPieces(last, output);
    }

    [SkipLocalsInit]
    private void WriteRootPieces(LastBlock last, Span<byte> output)
    {
        // The first piece may lie over the message or the key, which the later ones need.
        byte* room = stackalloc byte[Blake3Constants.BlockSize + Blake3Constants.ValueSize];
        last = last.CopyTo(room);
        for (ulong piece = 0; !output.IsEmpty; piece++)
        {
            int size = Math.Min(output.Length, Blake3Constants.BlockSize);
            WriteRootPiece(last, piece, output[..size]);
            output = output[size..];
        }
    }

    // The counter of a root numbers the 64-byte pieces of its output (paper, section 2.6).
    [SkipLocalsInit]
    private void WriteRootPiece(in LastBlock last, ulong piece, Span<byte> output)
    {
        byte* room = stackalloc byte[Blake3Constants.BlockSize];
        uint flags = last.Info.Flags | Blake3Constants.Root;
        Compress(last.Value, last.Block, 1, new(piece, last.Info.Length, flags), room);
        new ReadOnlySpan<byte>(room, output.Length).CopyTo(output);
    }

    private void Compress(byte* value, byte* input, int blocks, in Blake3BlockInfo info, byte* output)
    {
        switch (level)
        {
            case Blake3Level.Avx512ScalarChains when blocks > 1:
                Blake3Scalar.Compress(value, input, blocks, info, output);
                break;
            case Blake3Level.Avx512ScalarChains:
            case Blake3Level.Avx512:
                Blake3Rows.Compress<Blake3Avx512RowUnit>(value, input, blocks, info, output);
                break;
            case Blake3Level.Avx2:
            case Blake3Level.Vector128:
                Blake3Rows.Compress<Blake3PortableRowUnit>(value, input, blocks, info, output);
                break;
            default:
                Blake3Scalar.Compress(value, input, blocks, info, output);
                break;
        }
    }

    // What the compression of a node's last block takes; a root's is repeated for every piece of output.
    private readonly struct LastBlock(byte* value, byte* block, Blake3BlockInfo info)
    {
        public readonly byte* Value = value;
        public readonly byte* Block = block;
        public readonly Blake3BlockInfo Info = info;

        public LastBlock CopyTo(byte* room)
        {
            Unsafe.CopyBlockUnaligned(room, Block, Blake3Constants.BlockSize);
            Unsafe.CopyBlockUnaligned(room + Blake3Constants.BlockSize, Value, Blake3Constants.ValueSize);
            return new LastBlock(room + Blake3Constants.BlockSize, room, Info);
        }
    }
}
