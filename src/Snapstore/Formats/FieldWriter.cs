using System.Text;

namespace Snapstore.Formats;

/// <summary>Writes tagged fields in ascending order (spec/formats/records.md).</summary>
public sealed class FieldWriter
{
    private readonly ByteWriter _output = new();
    private readonly ByteWriter _value = new(32);
    private int _lastNumber;

    /// <summary>The record so far.</summary>
    public ReadOnlySpan<byte> Written => _output.Written;

    /// <summary>A field of raw bytes.</summary>
    public void Bytes(int number, bool critical, ReadOnlySpan<byte> value)
    {
        if (number <= _lastNumber)
            throw new ArgumentException($"field {number} after {_lastNumber}", nameof(number));
        _lastNumber = number;
        _output.Varint(((uint)number * 2) + (critical ? 1u : 0u));
        _output.Bytes(value);
    }

    /// <summary>A field of text; left out where it is empty.</summary>
    public void Text(int number, bool critical, string value)
    {
        if (value.Length > 0)
            Bytes(number, critical, Encoding.UTF8.GetBytes(value));
    }

    /// <summary>A field that holds an unsigned number.</summary>
    public void Varint(int number, bool critical, ulong value) => Nested(number, critical, w => w.Varint(value));

    /// <summary>A field that holds a signed number.</summary>
    public void Zigzag(int number, bool critical, long value) => Nested(number, critical, w => w.Zigzag(value));

    /// <summary>A field that holds a list of byte strings; left out where it is empty.</summary>
    public void List(int number, bool critical, IReadOnlyCollection<byte[]> values)
    {
        if (values.Count == 0)
            return;
        Nested(number, critical, w =>
        {
            foreach (byte[] value in values)
                w.Bytes(value);
        });
    }

    /// <summary>A field that holds a list of texts; left out where it is empty.</summary>
    public void TextList(int number, bool critical, IReadOnlyCollection<string> values) =>
        List(number, critical, [.. values.Select(Encoding.UTF8.GetBytes)]);

    /// <summary>A field whose value is written by <paramref name="write"/>.</summary>
    public void Nested(int number, bool critical, Action<ByteWriter> write)
    {
        _value.Clear();
        write(_value);
        Bytes(number, critical, _value.Written);
    }
}
