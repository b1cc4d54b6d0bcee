using System.Numerics;
using Snapstore.Formats;

namespace Snapstore.Tests.Formats;

public sealed class PaddingTests
{
    [Theory]
    [InlineData(0, 512)]
    [InlineData(1, 512)]
    [InlineData(512, 512)]
    [InlineData(513, 544)]
    [InlineData(1024, 1024)]
    [InlineData(1025, 1088)]
    [InlineData(65536, 65536)]
    [InlineData(65537, 67584)]
    [InlineData(1000000, 1015808)]
    [InlineData(1L << 40, 1L << 40)]
    [InlineData((1L << 40) + 1, (1L << 40) + (1L << 34))]
    public void Gives_known_lengths(long length, long padded) => Assert.Equal(padded, Padding.Padme(length));

    [Fact]
    public void Never_shortens_and_costs_at_most_12_percent()
    {
        long last = 0;
        for (long length = 1; length < 200_000; length++)
        {
            long padded = Padding.Padme(length);
            Assert.True(padded >= length && padded >= last, $"{length} became {padded}");
            Assert.True(length <= 1024 || padded - length <= length * 12 / 100, $"{length} became {padded}");
            last = padded;
        }
    }

    [Fact]
    public void Tells_the_magnitude_and_as_many_bits_as_the_magnitude_has_and_no_more() => SeededValues.ForAll(values =>
    {
        long length = 513 + (values.Size() >> 20);
        long padded = Padding.Padme(length);
        int exponent = BitOperations.Log2((ulong)padded);
        // Significant bits of the padded length: at most 1 + log2(exponent) + 1.
        int significant = exponent + 1 - BitOperations.TrailingZeroCount(padded);
        Assert.InRange(significant, 1, BitOperations.Log2((uint)exponent) + 2);
    });

    [Fact]
    public void Gives_the_record_back() => SeededValues.ForAll(values =>
    {
        byte[] record = values.Bytes(3_000);
        long length = values.Int(5_000);
        byte[] padded = Padding.Pad(record, length);
        Assert.Equal(record, Padding.Unpad(padded, "record"));
        int framed = Padding.FramedLength(record.Length);
        Assert.Equal(length >= framed ? length : Padding.Padme(framed), padded.Length);
    });

    [Fact]
    public void Refuses_padding_that_is_not_zero()
    {
        byte[] padded = Padding.Pad("hello"u8);
        for (int i = 6; i < padded.Length; i++)
        {
            padded[i] = 1;
            Assert.Throws<CorruptDataException>(() => Padding.Unpad(padded, "record"));
            padded[i] = 0;
        }
    }

    [Fact]
    public void Gives_a_value_or_an_error_for_any_bytes() => AnyBytes.GiveAValueOrAnError(
        static bytes => _ = Padding.Unpad(bytes, "record"), [Padding.Pad("hello"u8, 10), []], firstBytes: []);
}
