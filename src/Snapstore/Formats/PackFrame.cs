using System.Buffers.Binary;
using Snapstore.Crypto;

namespace Snapstore.Formats;

/// <summary>Header and trailer of a pack, and how long a whole pack is made (spec/formats/pack.md).</summary>
public static class PackFrame
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderSize = 16;

    /// <summary>Bytes of the trailer.</summary>
    public const int TrailerSize = 8;

    /// <summary>The shortest pack that could be: header, empty directory, trailer.</summary>
    public const int SizeMin = HeaderSize + Envelope.Overhead + TrailerSize;

    private const byte Version = 1;
    private const long SizeStep = 64 << 10, PadmeBelow = 1 << 20;

    private static ReadOnlySpan<byte> HeaderMagic => "SNAPPACK"u8;

    private static ReadOnlySpan<byte> TrailerMagic => "SNPT"u8;

    /// <summary>The 16 bytes that a pack begins with.</summary>
    public static byte[] Header(PackKind kind)
    {
        byte[] header = new byte[HeaderSize];
        HeaderMagic.CopyTo(header);
        header[8] = Version;
        header[9] = (byte)kind;
        header[10] = SealContext.Method;
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), KeyRing.Epoch);
        return header;
    }

    /// <summary>The kind of pack whose header this is.</summary>
    public static PackKind ReadHeader(ReadOnlySpan<byte> header, string what)
    {
        if (header.Length < HeaderSize || !header.StartsWith(HeaderMagic))
            throw new CorruptDataException($"{what} does not begin as a pack does");
        uint epoch = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        if (header[8] != Version || header[10] != SealContext.Method || header[11] != 0 || epoch != KeyRing.Epoch)
            throw new UnsupportedException($"{what} needs a newer Snapstore: version {header[8]}, method {header[10]}, key epoch {epoch} (or it is damaged)");
        PackKind kind = (PackKind)header[9];
        return kind is PackKind.Data or PackKind.Meta ? kind : throw new CorruptDataException($"{what} is a pack of kind {header[9]}");
    }

    /// <summary>The 8 bytes that a pack ends with.</summary>
    public static byte[] Trailer(int directoryLength)
    {
        byte[] trailer = new byte[TrailerSize];
        BinaryPrimitives.WriteInt32LittleEndian(trailer, directoryLength);
        TrailerMagic.CopyTo(trailer.AsSpan(4));
        return trailer;
    }

    /// <summary>Bytes of the directory envelope before a trailer of a pack of this size.</summary>
    public static int ReadTrailer(ReadOnlySpan<byte> trailer, long packSize, string what)
    {
        bool isTrailer = trailer.Length == TrailerSize && trailer.EndsWith(TrailerMagic);
        int length = isTrailer ? BinaryPrimitives.ReadInt32LittleEndian(trailer) : 0;
        bool fits = length >= Envelope.Overhead && length <= packSize - HeaderSize - TrailerSize && length <= Limits.ObjectSizeMax;
        return fits
            ? length
            : throw new CorruptDataException($"{what} does not end as a pack does: it is truncated or overwritten");
    }

    /// <summary>The size a whole pack is padded to, given the least it needs: few sizes, so that they tell little.</summary>
    public static long PaddedSize(long sizeMin) => sizeMin > PadmeBelow
        ? (sizeMin + SizeStep - 1) / SizeStep * SizeStep
        : Padding.Padme(sizeMin);
}
