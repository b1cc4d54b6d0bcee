namespace Snapstore.Garbage;

/// <summary>Packs that nobody needs and that the storage keeps locked: they go later (spec/object-lock.md).</summary>
/// <param name="Packs">How many.</param>
/// <param name="Bytes">Bytes of them.</param>
/// <param name="From">When the first of them can go.</param>
/// <param name="Until">When the last of them can go.</param>
public sealed record LockedWaste(int Packs, long Bytes, DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>None.</summary>
    public static LockedWaste None { get; } = new(0, 0, default, default);

    /// <summary>With one more.</summary>
    internal LockedWaste With(long bytes, DateTimeOffset until) => Packs == 0
        ? new LockedWaste(1, bytes, until, until)
        : new LockedWaste(Packs + 1, Bytes + bytes, until < From ? until : From, until > Until ? until : Until);

    /// <summary>Both.</summary>
    internal LockedWaste With(LockedWaste other) => Packs == 0
        ? other
        : other.Packs == 0 ? this : new LockedWaste(Packs + other.Packs, Bytes + other.Bytes, other.From < From ? other.From : From, other.Until > Until ? other.Until : Until);
}
