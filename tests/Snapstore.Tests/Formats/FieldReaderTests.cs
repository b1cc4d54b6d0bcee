using Snapstore.Formats;

namespace Snapstore.Tests.Formats;

public sealed class FieldReaderTests
{
    [Fact]
    public void Reads_back_what_a_writer_wrote() => SeededValues.ForAll(values =>
    {
        (ulong unsigned, long signed, string text, string[] list) = (values.UInt64(), values.Int64(), values.Text(), values.Texts());
        FieldWriter writer = new();
        writer.Varint(1, critical: true, unsigned);
        writer.Zigzag(7, critical: false, signed);
        writer.Text(8, critical: false, text);
        writer.TextList(1000, critical: true, list);

        FieldReader reader = new(writer.Written, "record", static _ => true);
        Assert.Equal(unsigned, reader.Varint(1));
        Assert.Equal(signed, reader.Zigzag(7));
        Assert.Equal(text, reader.Text(8));
        Assert.Equal(list, reader.TextList(1000));
    });

    [Fact]
    public void Gives_the_default_of_a_field_that_is_missing()
    {
        FieldReader reader = new([], "record", static _ => true);
        Assert.Equal(7UL, reader.Varint(1, missing: 7));
        Assert.Equal(-7, reader.Zigzag(1, missing: -7));
        Assert.Equal("", reader.Text(1));
        Assert.Empty(reader.List(1));
        Assert.Null(reader.Bytes(1));
        Assert.Throws<CorruptDataException>(() => reader.Required(1, 32));
    }

    [Fact]
    public void Skips_an_unknown_field_unless_it_is_critical()
    {
        FieldWriter writer = new();
        writer.Text(1, critical: true, "known");
        writer.Text(2, critical: false, "later");
        Assert.Equal("known", new FieldReader(writer.Written, "record", static number => number == 1).Text(1));

        writer.Text(3, critical: true, "later and critical");
        byte[] record = writer.Written.ToArray();
        UnsupportedException refusal = Assert.Throws<UnsupportedException>(() => new FieldReader(record, "record", static number => number == 1));
        Assert.Contains("field 3", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_fields_out_of_order_and_twice()
    {
        byte[] first = Field(1);
        byte[] second = Field(2);
        Assert.Throws<CorruptDataException>(() => new FieldReader([.. second, .. first], "record", static _ => true));
        Assert.Throws<CorruptDataException>(() => new FieldReader([.. first, .. first], "record", static _ => true));
        Assert.Throws<CorruptDataException>(() => new FieldReader([0, 0], "field zero", static _ => true));
        Assert.Throws<ArgumentException>(static () =>
        {
            FieldWriter writer = new();
            writer.Text(2, critical: false, "x");
            writer.Text(2, critical: false, "x");
        });
    }

    [Fact]
    public void Refuses_values_that_do_not_fit_their_type()
    {
        FieldWriter writer = new();
        writer.Varint(1, critical: false, ulong.MaxValue);
        writer.Bytes(2, critical: false, [0xc3, 0x28]);
        writer.Bytes(3, critical: false, [1, 1]);
        FieldReader reader = new(writer.Written, "record", static _ => true);
        Assert.Equal(ulong.MaxValue, reader.Varint(1));
        Assert.Throws<CorruptDataException>(() => reader.Varint63(1));
        Assert.Throws<CorruptDataException>(() => reader.Varint31(1));
        Assert.Throws<CorruptDataException>(() => reader.Text(2));
        Assert.Throws<CorruptDataException>(() => reader.Varint(3));
        Assert.Throws<CorruptDataException>(() => reader.Required(3, 3));
    }

    [Fact]
    public void Gives_a_value_or_an_error_for_any_bytes() => AnyBytes.GiveAValueOrAnError(
        static bytes => _ = new FieldReader(bytes, "record", static number => number < 10).TextList(1),
        [[.. Field(1), .. Field(5)]],
        firstBytes: []);

    private static byte[] Field(int number)
    {
        FieldWriter writer = new();
        writer.TextList(number, critical: false, ["a", "bc"]);
        return writer.Written.ToArray();
    }
}
