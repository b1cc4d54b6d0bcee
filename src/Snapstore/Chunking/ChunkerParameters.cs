using System.Globalization;
using System.Numerics;

namespace Snapstore.Chunking;

/// <summary>How a repository cuts content: kind and average size. Written as `cdc:65536` or `fixed:65536`.</summary>
/// <param name="IsContentDefined">True for content-defined cuts, false for fixed blocks.</param>
/// <param name="AverageSize">Bytes; a power of two from 4 KiB to 4 MiB.</param>
public sealed record ChunkerParameters(bool IsContentDefined, int AverageSize)
{
    private const int AverageMin = 4 << 10, AverageMax = 4 << 20;

    /// <summary>Content-defined, 64 KiB.</summary>
    public static ChunkerParameters Default { get; } = new(IsContentDefined: true, 64 << 10);

    /// <summary>Reads `cdc:SIZE` or `fixed:SIZE`, SIZE in bytes or with KiB or MiB behind it.</summary>
    /// <exception cref="UsageException">The text is anything else.</exception>
    public static ChunkerParameters Parse(string text)
    {
        string[] parts = text.Split(':');
        int size = parts.Length == 2 ? ParseSize(parts[1]) : 0;
        bool isKnown = parts[0] is "cdc" or "fixed";
        return isKnown && IsSize(size)
            ? new ChunkerParameters(parts[0] == "cdc", size)
            : throw new UsageException($"'{text}' is not a chunker: write cdc:SIZE or fixed:SIZE with a power of two from 4KiB to 4MiB, for example cdc:64KiB");
    }

    /// <summary>The text that <see cref="Parse"/> reads, size in bytes.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(IsContentDefined ? "cdc" : "fixed")}:{AverageSize}");

    /// <summary>Refuses what no chunker can be made of.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a power of two, or out of bounds.</exception>
    internal static void CheckSize(int size)
    {
        if (!IsSize(size))
            throw new ArgumentOutOfRangeException(nameof(size), size, "a power of two from 4 KiB to 4 MiB is wanted");
    }

    private static bool IsSize(int size) => size is >= AverageMin and <= AverageMax && BitOperations.IsPow2(size);

    private static int ParseSize(string text)
    {
        int factor = text.EndsWith("KiB", StringComparison.Ordinal) ? 1 << 10 : text.EndsWith("MiB", StringComparison.Ordinal) ? 1 << 20 : 1;
        string digits = factor == 1 ? text : text[..^3];
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= AverageMax / factor
            ? number * factor
            : 0;
    }
}
