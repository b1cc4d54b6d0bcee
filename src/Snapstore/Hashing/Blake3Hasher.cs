using System.Runtime.CompilerServices;

namespace Snapstore.Hashing;

/// <summary>BLAKE3 of a message that arrives in pieces; gives what <see cref="Blake3"/> gives for the whole.</summary>
/// <remarks>
/// Reusable; not safe for use by two threads at once; holds about 26 KiB and allocates nothing after it is made.
/// Pieces gather in a buffer so that even small ones are hashed many chunks at a time; whole buffers' worth of a
/// large piece are hashed where they lie.
/// </remarks>
public sealed unsafe class Blake3Hasher
{
    private const int BufferChunks = 16;
    private const int BufferSize = BufferChunks * Blake3Constants.ChunkSize;

    private readonly Blake3Level _level;
    private readonly uint _modeFlags;
    private readonly byte[] _key;
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly byte[] _values = new byte[Blake3Tree.ValuesSize];
    private readonly byte[] _stack = new byte[Blake3Tree.StackSize];
    private int _buffered;
    private int _valueCount;
    private ulong _groups;

    /// <summary>A hasher of the plain mode.</summary>
    public Blake3Hasher()
        : this(Blake3Levels.Best, Blake3Constants.PlainKey, 0)
    {
    }

    /// <summary>A hasher of the keyed mode.</summary>
    /// <param name="key32">The key, exactly <see cref="Blake3.KeySize"/> bytes; copied.</param>
    /// <exception cref="ArgumentException">The key is not 32 bytes.</exception>
    public Blake3Hasher(ReadOnlySpan<byte> key32)
        : this(Blake3Levels.Best, Blake3.CheckKey(key32), Blake3Constants.KeyedHash)
    {
    }

    internal Blake3Hasher(Blake3Level level, ReadOnlySpan<byte> key32, uint modeFlags)
    {
        _level = level;
        _key = key32.ToArray();
        _modeFlags = modeFlags;
    }

    /// <summary>Appends bytes to the message.</summary>
    public void Update(ReadOnlySpan<byte> input)
    {
        while (!input.IsEmpty)
        {
            if (_buffered == BufferSize)
            {
                Add(_buffer);
                _buffered = 0;
            }
            // A message of one chunk must stay in the buffer, so only whole buffers bypass it.
            int taken = input.Length / BufferSize * BufferSize;
            if (_buffered == 0 && taken > 0)
            {
                Add(input[..taken]);
            }
            else
            {
                taken = Math.Min(input.Length, BufferSize - _buffered);
                input[..taken].CopyTo(_buffer.AsSpan(_buffered));
                _buffered += taken;
            }
            input = input[taken..];
        }
    }

    /// <summary>Writes the hash of the message so far, which may then go on.</summary>
    /// <param name="output">Filled whole; 1 byte or more.</param>
    [SkipLocalsInit]
    public void Finish(Span<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfZero(output.Length, nameof(output));
        byte* values = stackalloc byte[Blake3Tree.ValuesSize];
        byte* stack = stackalloc byte[Blake3Tree.StackSize];
        int used = _valueCount * Blake3Constants.ValueSize;
        _values.AsSpan(0, used).CopyTo(new Span<byte>(values, used));
        _stack.CopyTo(new Span<byte>(stack, Blake3Tree.StackSize));
        fixed (byte* key = _key)
        fixed (byte* buffer = _buffer)
        {
            Blake3Tree tree = new(new Blake3Node(_level, key, _modeFlags), values, stack)
            {
                ValueCount = _valueCount,
                Groups = _groups,
            };
            tree.Finish(buffer, _buffered, output);
        }
    }

    /// <summary>Forgets the message; the key stays.</summary>
    public void Reset()
    {
        _buffered = 0;
        _valueCount = 0;
        _groups = 0;
    }

    private void Add(ReadOnlySpan<byte> wholeChunks)
    {
        fixed (byte* key = _key)
        fixed (byte* input = wholeChunks)
        fixed (byte* values = _values)
        fixed (byte* stack = _stack)
        {
            Blake3Tree tree = new(new Blake3Node(_level, key, _modeFlags), values, stack)
            {
                ValueCount = _valueCount,
                Groups = _groups,
            };
            tree.Add(input, (nuint)(wholeChunks.Length / Blake3Constants.ChunkSize));
            _valueCount = tree.ValueCount;
            _groups = tree.Groups;
        }
    }
}
