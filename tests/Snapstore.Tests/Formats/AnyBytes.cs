using Xunit.Sdk;

namespace Snapstore.Tests.Formats;

/// <summary>A codec that is given bytes which nobody wrote.</summary>
internal delegate void DecodeBytes(byte[] bytes);

/// <summary>Holds a codec to what spec/formats promises of any bytes: a value, or an error that Snapstore explains, and
/// never more memory than the bytes are worth.</summary>
internal static class AnyBytes
{
    private const long AllocationBase = 64 << 10;
    private const int AllocationPerByte = 64;

    /// <summary>Random bytes, and valid ones with bits flipped, cut off, or numbers blown up.</summary>
    public static void GiveAValueOrAnError(DecodeBytes decode, IEnumerable<byte[]> valid, byte[] firstBytes, int cases = 300)
    {
        foreach (byte[] bytes in valid)
            GiveMutations(decode, bytes);
        SeededValues.ForAll(
            values =>
            {
                byte[] bytes = values.Bytes(400);
                if (bytes.Length > 0 && firstBytes.Length > 0)
                    bytes[0] = firstBytes[values.Int(firstBytes.Length)];
                Give(decode, bytes);
            },
            cases);
    }

    /// <summary>One input.</summary>
    public static void Give(DecodeBytes decode, byte[] bytes)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            decode(bytes);
        }
        catch (SnapstoreException)
        {
            // What such bytes should give.
        }
        catch (Exception e) when (e is not XunitException)
        {
            throw new XunitException($"{e.GetType().Name} ({e.Message}) from {Convert.ToHexStringLower(bytes)}\n{e.StackTrace}");
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > AllocationBase + ((long)bytes.Length * AllocationPerByte))
            throw new XunitException($"{allocated} bytes were allocated for {Convert.ToHexStringLower(bytes)}");
    }

    private static void GiveMutations(DecodeBytes decode, byte[] valid)
    {
        Give(decode, valid);
        for (int i = 0; i < valid.Length; i++)
        {
            Give(decode, valid[..i]);
            foreach (byte replacement in (byte[])[0, 0x7f, 0x80, 0xff, (byte)(valid[i] ^ 1), (byte)(valid[i] ^ 0x80)])
                Give(decode, [.. valid[..i], replacement, .. valid[(i + 1)..]]);
            // The longest varints where a short one stood: counts and sizes near 2^31, 2^63 and 2^64.
            Give(decode, [.. valid[..i], .. Varint(int.MaxValue), .. valid[(i + 1)..]]);
            Give(decode, [.. valid[..i], .. Varint(long.MaxValue), .. valid[(i + 1)..]]);
            Give(decode, [.. valid[..i], .. Varint(ulong.MaxValue), .. valid[(i + 1)..]]);
        }
    }

    private static byte[] Varint(ulong value)
    {
        Snapstore.Formats.ByteWriter writer = new();
        writer.Varint(value);
        return writer.ToArray();
    }
}
