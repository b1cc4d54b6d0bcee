using Snapstore.Formats;

namespace Snapstore.Tests.Formats;

public sealed class ByteReaderTests
{
    [Fact]
    public void Reads_back_what_a_writer_wrote() => SeededValues.ForAll(values =>
    {
        (ulong unsigned, long signed, byte[] bytes, string text) = (values.UInt64(), values.Int64(), values.Bytes(300), values.Text());
        ByteWriter writer = new(capacity: values.Int(20));
        writer.Varint(unsigned);
        writer.Zigzag(signed);
        writer.Bytes(bytes);
        writer.Text(text);
        writer.U8(0xfe);
        writer.U16(0xfedc);
        writer.U32(0xfedcba98);

        ByteReader reader = new(writer.Written, "record");
        Assert.Equal(unsigned, reader.Varint());
        Assert.Equal(signed, reader.Zigzag());
        Assert.Equal(bytes, reader.Bytes());
        Assert.Equal(text, reader.Text());
        Assert.Equal(0xfe, reader.U8());
        Assert.Equal(0xfedc, reader.U16());
        Assert.Equal(0xfedcba98, reader.U32());
        reader.End();
    });

    [Fact]
    public void Any_ten_bytes_are_a_number_in_its_shortest_form_or_damage() => SeededValues.ForAll(
        values =>
        {
            byte[] bytes = values.Fill(1 + values.Int(11));
            for (int i = 0; i < bytes.Length - 1; i++)
                bytes[i] |= values.Int(8) > 0 ? (byte)0x80 : (byte)0;
            ByteReader reader = new(bytes, "record");
            ulong value;
            try
            {
                value = reader.Varint();
            }
            catch (CorruptDataException)
            {
                return;
            }

            ByteWriter writer = new();
            writer.Varint(value);
            Assert.Equal(bytes[..reader.Offset], writer.ToArray());
        },
        cases: 5_000);

    [Theory]
    [InlineData("80 00")]
    [InlineData("ff 80 00")]
    [InlineData("80 80 80 80 80 80 80 80 80 00")]
    [InlineData("ff ff ff ff ff ff ff ff ff 02")]
    [InlineData("ff ff ff ff ff ff ff ff ff 81 00")]
    [InlineData("80")]
    [InlineData("")]
    public void Refuses_numbers_that_are_too_long_too_large_or_cut_off(string hex) =>
        Assert.Throws<CorruptDataException>(() => new ByteReader(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), "record").Varint());

    [Fact]
    public void Refuses_text_that_is_not_utf8()
    {
        CorruptDataException refusal = Assert.Throws<CorruptDataException>(() => new ByteReader([2, 0xc3, 0x28], "that record").Text());
        Assert.Contains("that record", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_count_that_its_bytes_cannot_hold()
    {
        byte[] record = [0xff, 0xff, 0xff, 0xff, 0x07, 1, 2, 3];
        Assert.Throws<CorruptDataException>(() => new ByteReader(record, "record").Count(sizeMin: 1));
        Assert.Throws<CorruptDataException>(() => new ByteReader(record, "record").Bytes());
    }

    [Fact]
    public void Says_where_and_in_what_it_failed()
    {
        CorruptDataException refusal = Assert.Throws<CorruptDataException>(static () =>
        {
            ByteReader reader = new([1, 2], "index/7");
            _ = reader.U8();
            _ = reader.U32();
        });
        Assert.Equal("index/7 ends 3 bytes early (at byte 1)", refusal.Message);
    }

    [Fact]
    public void Refuses_bytes_behind_the_end() => Assert.Throws<CorruptDataException>(static () => new ByteReader([0], "record").End());
}
