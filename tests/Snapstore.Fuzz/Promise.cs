using Snapstore.Formats;

namespace Snapstore.Fuzz;

/// <summary>What a decoder that took an input owes to it; each answers null where it is kept.</summary>
internal static class Promise
{
    private const int ShownMax = 200;

    /// <summary>One value has one encoding: what was taken is what encoding the value gives.</summary>
    public static string? SameBytes(ReadOnlySpan<byte> input, ReadOnlySpan<byte> again) => input.SequenceEqual(again)
        ? null
        : $"takes an encoding that is not the one: {Show(again)} is what encoding the value gives";

    /// <summary>What opens under a key is what somebody who holds the key has sealed.</summary>
    public static string? Authentic(IEnumerable<byte[]> sealedBytes, byte[] input) =>
        sealedBytes.Any(known => known.AsSpan().SequenceEqual(input)) ? null : "opens although nobody sealed it";

    /// <summary>Fields that both records hold have the same values, and no field with a value is lost
    /// (spec/formats/records.md): fields not known are skipped, those at their defaults may be left out or not.</summary>
    /// <param name="input">The record that was taken.</param>
    /// <param name="again">What encoding its value gives.</param>
    /// <param name="known">Numbers of the fields that the decoder knows, but for those it may shorten.</param>
    public static string? SameFields(byte[] input, byte[] again, IEnumerable<int> known)
    {
        FieldReader before = new(input, "input", static _ => true);
        FieldReader after = new(again, "encoded again", static _ => true);
        foreach (int number in known)
        {
            byte[]? value = before.Bytes(number);
            if (value is null || (value.Length == 0 && after.Bytes(number) is null))
                continue;
            if (after.Bytes(number) is not { } kept || !kept.AsSpan().SequenceEqual(value))
                return $"field {number} is {Show(value)} and, encoded again, {Show(after.Bytes(number))}";
        }

        return null;
    }

    /// <summary>Encoding and decoding what was encoded once changes nothing any more.</summary>
    public static string? Stable(byte[] once, byte[] twice) => once.AsSpan().SequenceEqual(twice)
        ? null
        : $"is encoded as {Show(once)} and, decoded again, as {Show(twice)}";

    private static string Show(ReadOnlySpan<byte> bytes) => bytes.Length <= ShownMax
        ? Convert.ToHexStringLower(bytes)
        : Convert.ToHexStringLower(bytes[..ShownMax]) + "...";
}
