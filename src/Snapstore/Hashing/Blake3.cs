using System.Runtime.CompilerServices;
using System.Text;

namespace Snapstore.Hashing;

/// <summary>BLAKE3 of a message that lies in memory (spec/formats/hashing.md; BLAKE3 paper, 2021-11-05).</summary>
/// <remarks>Output is 1 byte or more: a longer one extends a shorter one of the same message.</remarks>
public static unsafe class Blake3
{
    /// <summary>Bytes of the usual output.</summary>
    public const int HashSize = 32;

    /// <summary>Bytes of a key.</summary>
    public const int KeySize = 32;

    /// <summary>Hashes without a key.</summary>
    /// <param name="input">The message, 0 bytes or more.</param>
    /// <param name="output">Filled whole; 1 byte or more. May lie over the input.</param>
    public static void Hash(ReadOnlySpan<byte> input, Span<byte> output) =>
        Hash(Blake3Constants.PlainKey, 0, input, output);

    /// <summary>Hashes under a key: a pseudo-random function and a message authentication code.</summary>
    /// <param name="key32">The key, exactly <see cref="KeySize"/> bytes.</param>
    /// <param name="input">The message, 0 bytes or more.</param>
    /// <param name="output">Filled whole; 1 byte or more. May lie over the input or the key.</param>
    /// <exception cref="ArgumentException">The key is not 32 bytes, or the output is empty.</exception>
    public static void HashKeyed(ReadOnlySpan<byte> key32, ReadOnlySpan<byte> input, Span<byte> output) =>
        Hash(CheckKey(key32), Blake3Constants.KeyedHash, input, output);

    /// <summary>Derives a key from key material of full entropy (never from a password).</summary>
    /// <param name="context">Names the one purpose of the key; a constant of the program.</param>
    /// <param name="material">Secret bytes, 0 or more.</param>
    /// <param name="output">The derived key; filled whole, 1 byte or more.</param>
    public static void DeriveKey(string context, ReadOnlySpan<byte> material, Span<byte> output)
    {
        ArgumentNullException.ThrowIfNull(context);
        Span<byte> contextKey = stackalloc byte[KeySize];
        byte[] contextBytes = Encoding.UTF8.GetBytes(context);
        Hash(Blake3Constants.PlainKey, Blake3Constants.DeriveKeyContext, contextBytes, contextKey);
        Hash(contextKey, Blake3Constants.DeriveKeyMaterial, material, output);
    }

    internal static ReadOnlySpan<byte> CheckKey(ReadOnlySpan<byte> key32) => key32.Length == KeySize
        ? key32
        : throw new ArgumentException($"A BLAKE3 key is {KeySize} bytes, not {key32.Length}.", nameof(key32));

    private static void Hash(
        ReadOnlySpan<byte> key32, uint modeFlags, ReadOnlySpan<byte> input, Span<byte> output) =>
        Hash(Blake3Levels.Best, key32, modeFlags, input, output);

    /// <summary>The hash by a certain path; the path must be supported.</summary>
    internal static void Hash(
        Blake3Level level, ReadOnlySpan<byte> key32, uint modeFlags, ReadOnlySpan<byte> input, Span<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfZero(output.Length, nameof(output));
        fixed (byte* key = key32)
        fixed (byte* message = input)
        {
            Blake3Node node = new(level, key, modeFlags);
            if (input.Length <= Blake3Constants.ChunkSize)
                node.HashRootChunk(message, input.Length, output);
            else
                HashTree(node, message, input.Length, output);
        }
    }

    [SkipLocalsInit]
    private static void HashTree(Blake3Node node, byte* input, int size, Span<byte> output)
    {
        byte* values = stackalloc byte[Blake3Tree.ValuesSize];
        byte* stack = stackalloc byte[Blake3Tree.StackSize];
        Blake3Tree tree = new(node, values, stack);
        int tailSize = size % Blake3Constants.ChunkSize;
        tree.Add(input, (nuint)(size / Blake3Constants.ChunkSize));
        tree.Finish(input + (size - tailSize), tailSize, output);
    }
}
