using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Snapstore.Hashing;

namespace Snapstore.Maintenance;

/// <summary>How a check is to work.</summary>
public sealed record CheckOptions
{
    /// <summary>Of which packs every stored byte is read and every blob opened.</summary>
    public ReadDataSelection ReadData { get; init; } = ReadDataSelection.None;

    /// <summary>Threads that read and open; 0 does all on the calling thread in one order.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 16);

    /// <summary>Tells which snapshots are of the future.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>Which packs a check reads whole: none, all, a random sample, or one of a number of equal parts.</summary>
/// <remarks>Parts are decided by the packs' hashes, so that m runs with parts 1/m to m/m have read every pack.</remarks>
public sealed record ReadDataSelection
{
    private readonly double _percent;
    private readonly uint _part;
    private readonly uint _parts;
    private readonly byte[] _seed = [];

    private ReadDataSelection()
    {
    }

    private ReadDataSelection(double percent)
    {
        _percent = percent;
        _seed = RandomNumberGenerator.GetBytes(Blake3.KeySize);
    }

    private ReadDataSelection(uint part, uint parts)
    {
        _part = part;
        _parts = parts;
    }

    /// <summary>No pack: structure only.</summary>
    public static ReadDataSelection None { get; } = new();

    /// <summary>Every pack.</summary>
    public static ReadDataSelection All { get; } = new(1, 1);

    /// <summary>True where no pack is selected.</summary>
    public bool IsNone => _percent <= 0 && _parts == 0;

    /// <summary>A random sample, another one each time: every pack is taken with this chance.</summary>
    /// <param name="percent">Above 0, at most 100.</param>
    /// <exception cref="UsageException">The number is out of bounds.</exception>
    public static ReadDataSelection Percent(double percent) => percent switch
    {
        > 0 and < 100 => new(percent),
        100 => All,
        _ => throw Nonsense(string.Create(CultureInfo.InvariantCulture, $"{percent}%")),
    };

    /// <summary>The packs whose hash modulo <paramref name="parts"/> is <paramref name="part"/> - 1.</summary>
    /// <exception cref="UsageException">The numbers are out of bounds.</exception>
    public static ReadDataSelection Part(int part, int parts) => part >= 1 && part <= parts
        ? new((uint)part, (uint)parts)
        : throw Nonsense(string.Create(CultureInfo.InvariantCulture, $"{part}/{parts}"));

    /// <summary>Reads `all`, `5%` or `1/7`.</summary>
    /// <exception cref="UsageException">It is none of these.</exception>
    public static ReadDataSelection Parse(string text)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (text == "all")
            return All;
        if (text.EndsWith('%') && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, culture, out double percent))
            return Percent(percent);
        if (slash > 0
            && int.TryParse(text.AsSpan(0, slash), NumberStyles.None, culture, out int part)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, culture, out int parts))
        {
            return Part(part, parts);
        }

        throw Nonsense(text);
    }

    /// <summary>True where the pack of this hash is to be read.</summary>
    public bool Includes(in ObjectHash hash)
    {
        if (_parts > 0)
            return BinaryPrimitives.ReadUInt32LittleEndian(hash.Span) % _parts == _part - 1;
        if (IsNone)
            return false;
        Span<byte> draw = stackalloc byte[sizeof(ulong)];
        Blake3.HashKeyed(_seed, hash.Span, draw);
        return BinaryPrimitives.ReadUInt64LittleEndian(draw) / (double)ulong.MaxValue * 100 < _percent;
    }

    private static UsageException Nonsense(string text) =>
        new($"'{text}' selects no data to read: give 'all', a percentage above 0% and up to 100%, or a part such as 1/7");
}
