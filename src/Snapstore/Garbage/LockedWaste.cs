namespace Snapstore.Garbage;

/// <summary>What nobody needs and the storage keeps locked: it goes later (spec/object-lock.md).</summary>
/// <param name="Packs">In how many packs.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="From">When the first of them can go.</param>
/// <param name="Until">When the last of them can go.</param>
public sealed record LockedWaste(int Packs, long Bytes, DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>None.</summary>
    public static LockedWaste None { get; } = new(0, 0, default, default);

    /// <summary>That of locked packs.</summary>
    internal static LockedWaste Of(List<PackUse> packs, Func<PackUse, long> bytes) =>
        packs.Aggregate(None, (sum, pack) => sum.With(bytes(pack), pack.LockedUntil!.Value));

    /// <summary>With one more.</summary>
    internal LockedWaste With(long bytes, DateTimeOffset until) => Packs == 0
        ? new LockedWaste(1, bytes, until, until)
        : new LockedWaste(Packs + 1, Bytes + bytes, until < From ? until : From, until > Until ? until : Until);

    /// <summary>Both.</summary>
    internal LockedWaste With(LockedWaste other) => Packs == 0
        ? other
        : other.Packs == 0 ? this : new LockedWaste(Packs + other.Packs, Bytes + other.Bytes, other.From < From ? other.From : From, other.Until > Until ? other.Until : Until);
}
