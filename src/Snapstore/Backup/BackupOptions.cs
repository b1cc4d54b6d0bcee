using Snapstore.Chunking;
using Snapstore.Compression;

namespace Snapstore.Backup;

/// <summary>How a run that takes a snapshot is to work, whatever its source.</summary>
public sealed record BackupOptions
{
    /// <summary>The host named in the manifest.</summary>
    public required string Host { get; init; }

    /// <summary>The user named in the manifest.</summary>
    public required string User { get; init; }

    /// <summary>Program and version named in the manifest.</summary>
    public required string Program { get; init; }

    /// <summary>The snapshot's time, Unix nanoseconds; null for the start of the run.</summary>
    public long? TimeNanoseconds { get; init; }

    /// <summary>Tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>How hard to compress.</summary>
    public CompressionLevel Compression { get; init; } = CompressionLevel.Default;

    /// <summary>How content is cut.</summary>
    public ChunkerChoice Chunker { get; init; } = ChunkerChoice.Auto;

    /// <summary>Bytes of a file, as it was, from which on its new chunks are tried as deltas; less only where blocks are small.</summary>
    public long DeltaFileSizeMin { get; init; } = Limits.DeltaFileSizeMin;

    /// <summary>True reads and counts everything and stores nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>True counts files and bytes beforehand where no parent tells how many to expect: for a progress line.</summary>
    public bool CountsAhead { get; init; }

    /// <summary>Told what the snapshot is compared with, null for nothing, when a session has begun and before anything is read; the
    /// run goes on when it returns. Again where a session has to begin anew.</summary>
    public Action<Repositories.Snapshot?>? OnBegin { get; init; }

    /// <summary>Told of every data blob that is stored, by one thread at a time.</summary>
    public Repositories.NewDataBlob? OnNewData { get; init; }

    /// <summary>Threads for reading and for sealing, each; 0 does all on the calling thread in one order.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 16);
}

/// <summary>What of the file system is to be captured, and how it is compared with the parent.</summary>
public sealed record FileSelection
{
    /// <summary>Files and directories, absolute, as raw bytes.</summary>
    public required IReadOnlyList<byte[]> Paths { get; init; }

    /// <summary>What to leave out.</summary>
    public Sources.ExcludeRules Excludes { get; init; } = Sources.ExcludeRules.None;

    /// <summary>How databases among the files are read in one consistent state each; null reads them as any file.</summary>
    public Sources.DatabaseFiles? Databases { get; init; }

    /// <summary>True stays on the file systems that the paths themselves are on.</summary>
    public bool OneFileSystem { get; init; }

    /// <summary>The parent, by choice of the user; null finds the newest of the same host and paths.</summary>
    public Repositories.Snapshot? Parent { get; init; }

    /// <summary>True compares with no parent: every file is read.</summary>
    public bool Force { get; init; }

    /// <summary>True reads every file and compares its content, whatever its times say.</summary>
    public bool Checksum { get; init; }

    /// <summary>True takes a file as unchanged even if its ctime differs.</summary>
    public bool IgnoreCtime { get; init; }

    /// <summary>True takes a file as unchanged even if its inode number differs.</summary>
    public bool IgnoreInode { get; init; }
}

/// <summary>A stream to be captured as one file.</summary>
/// <param name="Name">The file's name in the snapshot (raw bytes, may contain '/').</param>
/// <param name="Content">The bytes; read to the end, not disposed of.</param>
/// <param name="Command">The command line whose output it is; null for standard input.</param>
/// <param name="Outcome">Asked at the end of the stream how the command ended; a bad end throws and no snapshot is kept.</param>
public sealed record StreamSelection(
    byte[] Name, Stream Content, IReadOnlyList<string>? Command = null, Func<Formats.CommandFacts>? Outcome = null);

/// <summary>What a run did.</summary>
/// <param name="Id">The new snapshot; null after a dry run.</param>
/// <param name="Manifest">Its root record.</param>
/// <param name="Parent">The snapshot it was compared with.</param>
/// <param name="Warnings">Everything that could not be captured as it was, in order: exit code 3.</param>
/// <param name="Notes">What is worth knowing and no reason to worry, such as sockets passed over.</param>
public sealed record BackupReport(
    SessionId? Id, Formats.Manifest Manifest, SessionId? Parent, MessageList Warnings, MessageList Notes);
