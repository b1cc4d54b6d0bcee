namespace Snapstore.Posix;

/// <summary>A name with the zero byte behind it that system calls want, on the stack where it is short.</summary>
internal unsafe ref struct NameArgument
{
    /// <summary>Bytes of stack a caller sets aside.</summary>
    public const int StackSize = 512;

    public NameArgument(ReadOnlySpan<byte> name, Span<byte> stack)
    {
        if (name.Contains((byte)0))
            throw new ArgumentException("a name holds a zero byte", nameof(name));
        Bytes = name.Length < stack.Length ? stack : new byte[name.Length + 1];
        name.CopyTo(Bytes);
        Bytes[name.Length] = 0;
    }

    /// <summary>The bytes, to be pinned.</summary>
    public Span<byte> Bytes { get; }

    public readonly ref byte GetPinnableReference() => ref Bytes.GetPinnableReference();
}
