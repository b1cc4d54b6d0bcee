using System.Buffers.Binary;
using Snapstore.Compression;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Tests.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Fuzz;

/// <summary>Segments: the plaintext (codec byte and payload) behind a length as the directory would say it, and the
/// sealed message.</summary>
internal static class SegmentTargets
{
    private const int LengthSize = sizeof(uint), SealedStart = PackFrame.HeaderSize, SealedSize = 92;
    private const byte CodecZstd = 1;

    private static readonly SpecPage Packs = SpecPage.Read("pack.md");
    private static readonly KeyRing Keys = SpecValues.NewKeys();
    private static readonly SegmentCodec Codec = new(Keys, SpecValues.Repository, CompressionLevel.Off);
    private static readonly ZstdCompressor Compressor = new(CompressionLevel.Default);
    private static readonly byte[] Context = EncodeContext();
    private static readonly byte[] Sealed = Packs.Bytes("pack")[SealedStart..(SealedStart + SealedSize)];
    private static readonly byte[] Plain = "helloworld!"u8.ToArray();

    // The largest that a directory could state; made once.
    private static readonly byte[] First = new byte[Limits.SegmentSizeMax], Second = new byte[Limits.SegmentSizeMax];

    /// <summary>The targets.</summary>
    public static IEnumerable<FuzzTarget> All =>
    [
        new("segment", "SegmentCodec.Decode, codec and zstd frame", StartOfPayload, GivePayload) { AllocationBase = 64 << 20 },
        new("segment-sealed", "SegmentCodec.Decode, the stored bytes", static _ => [Sealed], GiveSealed) { AllocationBase = 64 << 20 },
    ];

    private static IEnumerable<byte[]> StartOfPayload(SeededValues values)
    {
        byte[] random = values.Bytes(2000);
        byte[] text = [.. Enumerable.Repeat(values.Name(), 1 + values.Int(200)).SelectMany(static name => name)];
        return
        [
            Input(Plain.Length, Packs.Bytes("segment-plaintext")),
            Input(Plain.Length, Packs.Bytes("segment-plaintext-zstd")),
            Input(random.Length, [0, .. random]),
            Input(text.Length, Compressed(text)),
            Input(1 << 20, Compressed(new byte[1 << 20])),
        ];
    }

    private static string? GivePayload(byte[] input)
    {
        if (input.Length < LengthSize)
            return FuzzTarget.Refused;
        int length = (int)(BinaryPrimitives.ReadUInt32LittleEndian(input) % (Limits.SegmentSizeMax + 1));
        byte[] message = Seal(input.AsSpan(LengthSize));
        try
        {
            Decode(message, First.AsSpan(0, length), 0x55);
            // What was not written would show the other filling.
            Decode(message, Second.AsSpan(0, length), 0xaa);
        }
        finally
        {
            // A payload that was refused leaves nothing behind in the codec.
            Codec.Decode(PackKind.Data, Sealed, new byte[Plain.Length], "the page's segment");
        }

        return First.AsSpan(0, length).SequenceEqual(Second.AsSpan(0, length)) ? null : "leaves bytes of the buffer as they were";
    }

    private static string? GiveSealed(byte[] input)
    {
        byte[] plain = new byte[Plain.Length];
        Codec.Decode(PackKind.Data, input, plain, "segment");
        return Promise.Authentic([Sealed], input) ?? Promise.SameBytes(plain, Plain);
    }

    private static void Decode(byte[] message, Span<byte> plain, byte filling)
    {
        plain.Fill(filling);
        Codec.Decode(PackKind.Data, message, plain, "segment");
    }

    private static byte[] Input(int length, byte[] payload)
    {
        byte[] input = [0, 0, 0, 0, .. payload];
        BinaryPrimitives.WriteInt32LittleEndian(input, length);
        return input;
    }

    private static byte[] Compressed(byte[] plain)
    {
        byte[] frame = new byte[ZstdCompressor.Bound(plain.Length)];
        return [CodecZstd, .. frame[..Compressor.Compress(plain, frame)]];
    }

    private static byte[] Seal(ReadOnlySpan<byte> payload)
    {
        byte[] message = new byte[payload.Length + Sealer.Overhead];
        SpecValues.Salt.CopyTo(message, 0);
        Sealer.SealWithSalt(Keys[KeyPurpose.Data], Context, payload, message);
        return message;
    }

    private static byte[] EncodeContext()
    {
        byte[] context = new byte[SealContext.Size];
        new SealContext(SealKind.DataSegment, SpecValues.Repository).Encode(context);
        return context;
    }
}
