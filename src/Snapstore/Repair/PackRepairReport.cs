using Snapstore.Garbage;
using Snapstore.Storage;

namespace Snapstore.Repair;

/// <summary>A pack that was damaged, and what became of its blobs.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Damage">What is wrong with it.</param>
/// <param name="Blobs">Blobs it held, as far as its directory is known.</param>
/// <param name="Saved">Of these, written anew.</param>
/// <param name="Elsewhere">Of these, those that other packs hold too.</param>
/// <param name="Lost">Of these, lost: a snapshot of a source that still has the data brings them back.</param>
public sealed record RepairedPack(StorageKey Key, string Damage, int Blobs, int Saved, int Elsewhere, int Lost)
{
    /// <summary>True where nobody knows any more what the pack held.</summary>
    public bool IsUnknown => Blobs == 0;
}

/// <summary>What `repair packs` found and did.</summary>
public sealed record PackRepairReport
{
    /// <summary>Packs that were read.</summary>
    public int PacksRead { get; init; }

    /// <summary>Packs that were lost or damaged and that a mirror gave back.</summary>
    public IReadOnlyList<StorageKey> Fetched { get; init; } = [];

    /// <summary>Those that were damaged, but for these.</summary>
    public IReadOnlyList<RepairedPack> Damaged { get; init; } = [];

    /// <summary>Bytes of packs and index objects written.</summary>
    public long BytesWritten { get; init; }

    /// <summary>Damaged packs that were taken out; their bytes are in quarantine.</summary>
    public int PacksRemoved { get; init; }

    /// <summary>Sessions at work that have to end before damaged packs are taken out: the next prune does it.</summary>
    public IReadOnlyList<WaitedFor> Waiting { get; init; } = [];
}
