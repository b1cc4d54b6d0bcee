namespace Snapstore.Sources;

/// <summary>The absolute path of where a walk stands, as bytes: grows and shrinks with it, without a string a file.</summary>
internal sealed class PathBuffer
{
    private byte[] _bytes = [(byte)'/', .. new byte[4095]];
    private int _length = 1;

    /// <summary>A buffer that stands at this absolute path; at the root where it is empty.</summary>
    public PathBuffer(ReadOnlySpan<byte> start = default)
    {
        if (start.Length > 1)
            Append(start.Trim((byte)'/'));
    }

    /// <summary>The path now; "/" at the root. Valid until the walk moves.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Bytes of the path now: where <see cref="ReturnTo"/> comes back to.</summary>
    public int Length => _length;

    /// <summary>Goes up again to where the path had this length, for walks that keep their own stack.</summary>
    public void ReturnTo(int length) => _length = length;

    /// <summary>A copy of the path.</summary>
    public byte[] ToArray() => Bytes.ToArray();

    /// <summary>Goes down to a name; disposing of what this returns goes up again.</summary>
    public Part Enter(ReadOnlySpan<byte> name)
    {
        int before = _length;
        Append(name);
        return new Part(this, before);
    }

    /// <summary>Goes down to a name.</summary>
    public void Append(ReadOnlySpan<byte> name)
    {
        int start = _length == 1 ? 1 : _length + 1;
        if (_bytes.Length < start + name.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, start + name.Length));
        _bytes[start - 1] = (byte)'/';
        name.CopyTo(_bytes.AsSpan(start));
        _length = start + name.Length;
    }

    /// <summary>One step down.</summary>
    internal readonly ref struct Part(PathBuffer path, int lengthBefore)
    {
        /// <summary>Goes up again.</summary>
        public void Dispose() => path._length = lengthBefore;
    }
}
