using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Snapstore.Databases.Odbc;

/// <summary>A JSON object a line: null, "text", {"base64":"..."}, and numbers where values and not columns have types.</summary>
internal sealed class NdjsonRows : RowText
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(value => (byte)value), (byte)'"', (byte)'\\']);

    // Of each column: `{"name":` or `,"name":`, and the name alone to be compared.
    private readonly byte[][] _prefixes;
    private readonly byte[][] _names;

    public NdjsonRows(OdbcTable table)
        : base(table)
    {
        _names = [.. table.Columns.Select(column => Encoding.UTF8.GetBytes(column.Name))];
        _prefixes = [.. _names.Select((name, i) => PrefixOf(name, i == 0))];
    }

    /// <inheritdoc/>
    public override void Write(OdbcRow row, IBufferWriter<byte> output)
    {
        if (_prefixes.Length == 0)
            output.Write("{"u8);
        for (int i = 0; i < _prefixes.Length; i++)
        {
            output.Write(_prefixes[i]);
            WriteValue(row.Kind(i), row.Bytes(i), output);
        }

        output.Write("}\n"u8);
    }

    /// <inheritdoc/>
    public override bool Read(LineReader input, OdbcRow row)
    {
        if (!input.TryRead(out ReadOnlySpan<byte> line, isQuoted: false))
            return false;
        try
        {
            Utf8JsonReader json = new(line);
            ReadObject(ref json, input, row);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw Bad(input, e.Message);
        }
    }

    private static byte[] PrefixOf(byte[] name, bool isFirst)
    {
        ArrayBufferWriter<byte> prefix = new();
        prefix.Write(isFirst ? "{"u8 : ","u8);
        WriteText(name, prefix);
        prefix.Write(":"u8);
        return prefix.WrittenSpan.ToArray();
    }

    private static void WriteValue(ValueKind kind, ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        switch (kind)
        {
            case ValueKind.Null:
                output.Write("null"u8);
                break;
            case ValueKind.Text:
                WriteText(value, output);
                break;
            case ValueKind.Binary:
                output.Write("{\"base64\":\""u8);
                WriteBase64(value, output);
                output.Write("\"}"u8);
                break;
            default:
                output.Write(value);
                break;
        }
    }

    private static void WriteText(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        while (text.IndexOfAny(Escaped) is >= 0 and int at)
        {
            output.Write(text[..at]);
            WriteEscape(text[at], output);
            text = text[(at + 1)..];
        }

        output.Write(text);
        output.Write("\""u8);
    }

    private static void WriteEscape(byte value, IBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> escape = value switch
        {
            (byte)'"' => "\\\""u8,
            (byte)'\\' => "\\\\"u8,
            (byte)'\n' => "\\n"u8,
            (byte)'\r' => "\\r"u8,
            (byte)'\t' => "\\t"u8,
            _ => default,
        };
        if (escape.IsEmpty)
            output.Write(Encoding.ASCII.GetBytes($"\\u{(int)value:x4}"));
        else
            output.Write(escape);
    }

    internal static void WriteBase64(ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        Base64.EncodeToUtf8(value, output.GetSpan(Base64.GetMaxEncodedToUtf8Length(value.Length)), out _, out int written);
        output.Advance(written);
    }

    private void ReadObject(ref Utf8JsonReader json, LineReader input, OdbcRow row)
    {
        row.Clear();
        Expect(ref json, JsonTokenType.StartObject, input);
        foreach (byte[] name in _names)
        {
            Expect(ref json, JsonTokenType.PropertyName, input);
            if (!json.ValueTextEquals(name))
                throw Bad(input, "its names are not the table's columns in their order");
            json.Read();
            ReadValue(ref json, input, row);
        }

        Expect(ref json, JsonTokenType.EndObject, input);
    }

    private void ReadValue(ref Utf8JsonReader json, LineReader input, OdbcRow row)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.Null:
                row.AddNull();
                break;
            case JsonTokenType.String:
                row.Complete(ValueKind.Text, json.CopyString(row.Grow(json.ValueSpan.Length)));
                break;
            case JsonTokenType.Number:
                row.Add(json.ValueSpan.IndexOfAny(".eE"u8) < 0 ? ValueKind.Integer : ValueKind.Real, json.ValueSpan);
                break;
            case JsonTokenType.StartObject:
                ReadBinary(ref json, input, row);
                break;
            default:
                throw Bad(input, $"a value of JSON is {json.TokenType}, which no row holds");
        }
    }

    private void ReadBinary(ref Utf8JsonReader json, LineReader input, OdbcRow row)
    {
        Expect(ref json, JsonTokenType.PropertyName, input);
        if (!json.ValueTextEquals("base64"u8))
            throw Bad(input, "an object within a row is not {\"base64\":...}");
        Expect(ref json, JsonTokenType.String, input);
        Span<byte> room = row.Grow(Base64.GetMaxDecodedFromUtf8Length(json.ValueSpan.Length));
        if (json.ValueIsEscaped || Base64.DecodeFromUtf8(json.ValueSpan, room, out _, out int written) != OperationStatus.Done)
            throw Bad(input, "base64 that is none");
        row.Complete(ValueKind.Binary, written);
        Expect(ref json, JsonTokenType.EndObject, input);
    }

    private void Expect(ref Utf8JsonReader json, JsonTokenType type, LineReader input)
    {
        if (!json.Read() || json.TokenType != type)
            throw Bad(input, $"{type} is missing");
    }
}
