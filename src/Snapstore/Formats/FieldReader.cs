namespace Snapstore.Formats;

/// <summary>Reads tagged fields (spec/formats/records.md): a field that is critical and unknown refuses the record.</summary>
public sealed class FieldReader
{
    private readonly SortedDictionary<int, byte[]> _fields = [];
    private readonly string _what;

    /// <summary>Splits a record into its fields; <paramref name="known"/> says which numbers this program knows.</summary>
    /// <exception cref="UnsupportedException">A critical field is not known.</exception>
    public FieldReader(ReadOnlySpan<byte> record, string what, Func<int, bool> known)
    {
        _what = what;
        ByteReader reader = new(record, what);
        int last = 0;
        while (reader.Remaining > 0)
        {
            int tag = reader.Varint32(int.MaxValue);
            int number = tag >> 1;
            if (number <= last)
                throw reader.Bad($"has field {number} out of order");
            last = number;
            ReadOnlySpan<byte> value = reader.Bytes();
            if (known(number))
                _fields.Add(number, value.ToArray());
            else if ((tag & 1) != 0)
                throw new UnsupportedException($"{what} uses field {number}, which this program does not know; upgrade Snapstore");
        }
    }

    /// <summary>The field's bytes; null where it is missing.</summary>
    public byte[]? Bytes(int number) => _fields.GetValueOrDefault(number);

    /// <summary>The field's bytes, which must be there and this many.</summary>
    public byte[] Required(int number, int size) =>
        Bytes(number) is { } value && value.Length == size
            ? value
            : throw new CorruptDataException($"{_what} has no field {number} of {size} bytes");

    /// <summary>The field's text; "" where it is missing.</summary>
    public string Text(int number) => Bytes(number) is { } value ? ToText(value) : "";

    /// <summary>The field's unsigned number.</summary>
    public ulong Varint(int number, ulong missing = 0) => Single(number, missing, static (ref ByteReader r) => r.Varint());

    /// <summary>The field's unsigned number, below 2^63.</summary>
    public long Varint63(int number, long missing = 0) => Single(number, missing, static (ref ByteReader r) => r.Varint63());

    /// <summary>The field's unsigned number, below 2^31.</summary>
    public int Varint31(int number) => Single(number, 0, static (ref ByteReader r) => r.Varint32(int.MaxValue));

    /// <summary>The field's signed number.</summary>
    public long Zigzag(int number, long missing = 0) => Single(number, missing, static (ref ByteReader r) => r.Zigzag());

    /// <summary>The field's list of byte strings.</summary>
    public IReadOnlyList<byte[]> List(int number)
    {
        List<byte[]> items = [];
        ByteReader reader = new(Bytes(number), _what);
        while (reader.Remaining > 0)
            items.Add(reader.Bytes().ToArray());
        return items;
    }

    /// <summary>The field's list of texts.</summary>
    public IReadOnlyList<string> TextList(int number) => [.. List(number).Select(ToText)];

    private string ToText(byte[] value) => ByteReader.DecodeText(value)
        ?? throw new CorruptDataException($"{_what} holds text that is not UTF-8");

    private delegate T Read<T>(ref ByteReader reader);

    private T Single<T>(int number, T missing, Read<T> read)
    {
        if (Bytes(number) is not { } value)
            return missing;
        ByteReader reader = new(value, _what);
        T result = read(ref reader);
        reader.End();
        return result;
    }
}
