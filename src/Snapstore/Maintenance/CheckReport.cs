namespace Snapstore.Maintenance;

/// <summary>What a finding means.</summary>
public enum FindingKind
{
    /// <summary>Stored bytes are lost or not what was written: exit 4.</summary>
    Damage = 1,

    /// <summary>The storage failed although it was asked again: exit 1. Says nothing about the data.</summary>
    StorageError = 2,

    /// <summary>Worth knowing; nothing is lost.</summary>
    Note = 3,
}

/// <summary>A snapshot that needs a damaged object, and for what.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="Paths">The first paths that need it, raw bytes, absolute; a directory, with all below it, ends in '/'.</param>
/// <param name="PathCount">How many paths need it.</param>
/// <param name="IsAtLeast">True where the count was given up: there are more.</param>
public sealed record AffectedSnapshot(SessionId Snapshot, IReadOnlyList<byte[]> Paths, long PathCount, bool IsAtLeast);

/// <summary>One thing that a check found.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="Object">The object's name: a storage key, or `blob ID` for a blob that no pack holds.</param>
/// <param name="Message">What is wrong with it.</param>
public sealed record Finding(FindingKind Kind, string Object, string Message)
{
    /// <summary>Paths listed a snapshot; the others are counted.</summary>
    public const int PathsMax = 20;

    /// <summary>Who needs it; empty where no snapshot does.</summary>
    public IReadOnlyList<AffectedSnapshot> Affected { get; init; } = [];
}

/// <summary>What a check did and found.</summary>
public sealed record CheckReport
{
    /// <summary>Findings: damage first, then failures of the storage, then notes; each in order of the object's name.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Findings that were not kept because there were too many.</summary>
    public long FindingsDropped { get; init; }

    /// <summary>True where no key was at hand: names were checked, and nothing was opened.</summary>
    public bool IsKeyless { get; init; }

    /// <summary>Snapshots whose manifest opens.</summary>
    public long Snapshots { get; init; }

    /// <summary>Snapshots of which something is lost (or could not be read).</summary>
    public long SnapshotsAffected { get; init; }

    /// <summary>Tree and chunk-list nodes that were opened and checked.</summary>
    public long Nodes { get; init; }

    /// <summary>Blobs in the index; one that stands in two packs counts twice.</summary>
    public long Blobs { get; init; }

    /// <summary>Packs listed.</summary>
    public long Packs { get; init; }

    /// <summary>Packs of which every byte was read.</summary>
    public long PacksRead { get; init; }

    /// <summary>Stored bytes read from packs.</summary>
    public long BytesRead { get; init; }

    /// <summary>True where something is lost or altered: exit 4.</summary>
    public bool HasDamage => Findings.Any(f => f.Kind == FindingKind.Damage);

    /// <summary>True where the storage failed, so that not all was checked: exit 1 unless there is damage.</summary>
    public bool HasStorageErrors => Findings.Any(f => f.Kind == FindingKind.StorageError);
}
