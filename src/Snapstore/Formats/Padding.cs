using System.Numerics;

namespace Snapstore.Formats;

/// <summary>Lengths that tell little, and the frame that fills up to them (spec/formats/records.md).</summary>
public static class Padding
{
    private const int LengthMin = 512;

    /// <summary>The Padme length for this many bytes, at least 512 (Nikitin et al., PETS 2019).</summary>
    public static long Padme(long length)
    {
        if (length <= LengthMin)
            return LengthMin;
        int exponent = BitOperations.Log2((ulong)length);
        int keptBits = BitOperations.Log2((uint)exponent) + 1;
        long mask = (1L << (exponent - keptBits)) - 1;
        return (length + mask) & ~mask;
    }

    /// <summary>The record behind its length, with zeros up to the Padme length or, where it is longer,
    /// up to <paramref name="length"/>.</summary>
    public static byte[] Pad(ReadOnlySpan<byte> record, long length = 0)
    {
        ByteWriter head = new(16);
        head.Varint((uint)record.Length);
        long framed = head.Length + (long)record.Length;
        byte[] padded = new byte[length >= framed ? length : Padme(framed)];
        head.Written.CopyTo(padded);
        record.CopyTo(padded.AsSpan(head.Length));
        return padded;
    }

    /// <summary>Bytes of the record and the length before it, without padding.</summary>
    public static int FramedLength(int recordLength)
    {
        ByteWriter head = new(16);
        head.Varint((uint)recordLength);
        return head.Length + recordLength;
    }

    /// <summary>The record inside a padded frame; zeros behind it are checked.</summary>
    public static ReadOnlySpan<byte> Unpad(ReadOnlySpan<byte> padded, string what)
    {
        ByteReader reader = new(padded, what);
        ReadOnlySpan<byte> record = reader.Bytes();
        if (reader.Raw(reader.Remaining).ContainsAnyExcept((byte)0))
            throw reader.Bad("has padding that is not zero");
        return record;
    }
}
