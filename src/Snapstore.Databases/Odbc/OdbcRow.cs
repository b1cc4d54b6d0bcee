using System.Text;
using System.Text.Unicode;

namespace Snapstore.Databases.Odbc;

/// <summary>What a value is, beside its column's type.</summary>
internal enum ValueKind : byte
{
    /// <summary>NULL.</summary>
    Null,

    /// <summary>Text in UTF-8; numbers, dates and all else as the DBMS writes them.</summary>
    Text,

    /// <summary>Bytes.</summary>
    Binary,

    /// <summary>A 64-bit integer in decimal digits, where each value and not the column says so (SQLite).</summary>
    Integer,

    /// <summary>A double in decimal digits that give it back exactly, as above.</summary>
    Real,
}

/// <summary>The values of one row; used again for the next. Memory: the largest row.</summary>
internal sealed class OdbcRow
{
    // Invalid UTF-16 must not turn into question marks unseen.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<(ValueKind Kind, int Start, int Length)> _values = [];
    private byte[] _bytes = new byte[4096];
    private int _used;

    /// <summary>Values so far.</summary>
    public int Count => _values.Count;

    /// <summary>Bytes of all values.</summary>
    public int Size => _used;

    /// <summary>What a value is.</summary>
    public ValueKind Kind(int column) => _values[column].Kind;

    /// <summary>The bytes of a value.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => _bytes.AsSpan(_values[column].Start, _values[column].Length);

    /// <summary>A value as text; null for NULL.</summary>
    public string? Text(int column) => Kind(column) == ValueKind.Null ? null : Encoding.UTF8.GetString(Bytes(column));

    /// <summary>Begins the next row.</summary>
    public void Clear()
    {
        _values.Clear();
        _used = 0;
    }

    /// <summary>Adds NULL.</summary>
    public void AddNull() => _values.Add((ValueKind.Null, 0, 0));

    /// <summary>Adds a value.</summary>
    public void Add(ValueKind kind, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Grow(bytes.Length));
        Complete(kind, bytes.Length);
    }

    /// <summary>Adds text.</summary>
    /// <exception cref="IOException">It is not valid Unicode.</exception>
    public void AddText(ReadOnlySpan<char> text, ValueKind kind = ValueKind.Text)
    {
        try
        {
            int length = Strict.GetBytes(text, Grow(checked(text.Length * 3)));
            Complete(kind, length);
        }
        catch (EncoderFallbackException e)
        {
            throw new IOException("the driver gives text that is no valid Unicode, so that it cannot be kept as it is", e);
        }
    }

    /// <summary>Adds the bytes that these hexadecimal digits stand for.</summary>
    public void AddHex(ReadOnlySpan<char> digits, ValueKind kind)
    {
        if (Convert.FromHexString(digits, Grow(digits.Length / 2), out _, out int written) != System.Buffers.OperationStatus.Done)
            throw new IOException("the driver gives hexadecimal digits that are none");
        Complete(kind, written);
    }

    /// <summary>Room for a value whose length is at most this; <see cref="Complete"/> makes it one.</summary>
    public Span<byte> Grow(int length)
    {
        if (_bytes.Length - _used < length)
            Array.Resize(ref _bytes, Math.Max((int)Math.Min(_bytes.Length * 2L, Array.MaxLength), checked(_used + length)));
        return _bytes.AsSpan(_used, length);
    }

    /// <summary>Makes what was written behind the last value a value.</summary>
    /// <exception cref="IOException">It is text and no valid UTF-8.</exception>
    public void Complete(ValueKind kind, int length)
    {
        if (kind == ValueKind.Text && !Utf8.IsValid(_bytes.AsSpan(_used, length)))
            throw new IOException("the driver gives text that is no valid UTF-8, so that it cannot be kept as it is");
        _values.Add((kind, _used, length));
        _used += length;
    }
}
