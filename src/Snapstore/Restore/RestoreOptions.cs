namespace Snapstore.Restore;

/// <summary>When a file that is there already is written over.</summary>
public enum OverwritePolicy
{
    /// <summary>Every file is written anew.</summary>
    Always = 1,

    /// <summary>A file whose size or mtime differs is written; of others only the metadata is set. The default.</summary>
    IfChanged = 2,

    /// <summary>A file is written where the snapshot's is newer.</summary>
    IfNewer = 3,

    /// <summary>A file that is there stays as it is.</summary>
    Never = 4,
}

/// <summary>How a restore is to work.</summary>
public sealed record RestoreOptions
{
    /// <summary>The directory to restore into, raw bytes; made where it is missing.</summary>
    public required byte[] Target { get; init; }

    /// <summary>Patterns of which a path must match one; empty for all.</summary>
    public Sources.ExcludeRules Includes { get; init; } = Sources.ExcludeRules.None;

    /// <summary>True where <see cref="Includes"/> is in force.</summary>
    public bool HasIncludes { get; init; }

    /// <summary>What to leave out.</summary>
    public Sources.ExcludeRules Excludes { get; init; } = Sources.ExcludeRules.None;

    /// <summary>When a file that is there is written over.</summary>
    public OverwritePolicy Overwrite { get; init; } = OverwritePolicy.IfChanged;

    /// <summary>True removes from restored directories what the snapshot does not have.</summary>
    public bool Delete { get; init; }

    /// <summary>True says what would be done and does nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>True reads every restored file again from disk and compares it with the snapshot.</summary>
    public bool Verify { get; init; }

    /// <summary>True makes holes of every run of zeros, not only of those that were holes.</summary>
    public bool Sparse { get; init; }

    /// <summary>Threads that read segments and write files.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 16);
}

/// <summary>What a restore did.</summary>
public sealed record RestoreReport
{
    /// <summary>Files written.</summary>
    public long FilesWritten { get; init; }

    /// <summary>Bytes of content written.</summary>
    public long BytesWritten { get; init; }

    /// <summary>Files that were right already.</summary>
    public long FilesKept { get; init; }

    /// <summary>Directories made or updated.</summary>
    public long Directories { get; init; }

    /// <summary>Links, pipes and devices made.</summary>
    public long Others { get; init; }

    /// <summary>Names removed because the snapshot does not have them.</summary>
    public long Deleted { get; init; }

    /// <summary>Files read again and found right.</summary>
    public long FilesVerified { get; init; }

    /// <summary>What could not be restored as it was (owner without the right, device without root): exit 3.</summary>
    public MessageList Warnings { get; init; } = new();

    /// <summary>Damage: files that the repository cannot give back whole, each by path and reason: exit 4.</summary>
    public MessageList Damage { get; init; } = new();
}
