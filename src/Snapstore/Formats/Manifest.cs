namespace Snapstore.Formats;

/// <summary>What a snapshot was taken of; the numbers are those of spec/formats/manifest.md.</summary>
public enum SourceKind
{
    /// <summary>Files and directories.</summary>
    Files = 1,

    /// <summary>Standard input.</summary>
    Stream = 2,

    /// <summary>The output of a command.</summary>
    Command = 3,

    /// <summary>A database, through its own protocol or files.</summary>
    Database = 4,
}

/// <summary>What a snapshot read and what it added to the repository.</summary>
public sealed record SnapshotCounts
{
    /// <summary>Regular files in the snapshot.</summary>
    public long Files { get; init; }

    /// <summary>Directories in the snapshot.</summary>
    public long Directories { get; init; }

    /// <summary>Links, pipes and devices in the snapshot.</summary>
    public long Others { get; init; }

    /// <summary>Bytes of all files in the snapshot.</summary>
    public long Bytes { get; init; }

    /// <summary>Files that the parent did not have.</summary>
    public long FilesNew { get; init; }

    /// <summary>Files that differ from the parent's.</summary>
    public long FilesChanged { get; init; }

    /// <summary>Files that are as in the parent.</summary>
    public long FilesUnchanged { get; init; }

    /// <summary>Directories that are, with all below them, as in the parent.</summary>
    public long DirectoriesUnchanged { get; init; }

    /// <summary>Data blobs stored.</summary>
    public long DataBlobsNew { get; init; }

    /// <summary>Bytes of plaintext in them.</summary>
    public long DataBytesNew { get; init; }

    /// <summary>How many of the data blobs stored are deltas.</summary>
    public long DeltaBlobsNew { get; init; }

    /// <summary>Bytes of plaintext in these.</summary>
    public long DeltaBytesNew { get; init; }

    /// <summary>Meta blobs stored.</summary>
    public long MetaBlobsNew { get; init; }

    /// <summary>Bytes of plaintext in them.</summary>
    public long MetaBytesNew { get; init; }

    /// <summary>Bytes added to the storage, but for the manifest.</summary>
    public long BytesStored { get; init; }
}

/// <summary>How the command ended whose output a snapshot holds.</summary>
/// <param name="Command">Program and arguments.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Duration">How long it ran.</param>
/// <param name="StderrTail">The end of what it said on stderr.</param>
public sealed record CommandFacts(IReadOnlyList<string> Command, int ExitCode, TimeSpan Duration, byte[] StderrTail);

/// <summary>As what a snapshot was first taken, wherever it has been copied since.</summary>
/// <param name="Repository">The repository's id.</param>
/// <param name="Snapshot">The snapshot's id there.</param>
public readonly record struct SnapshotOrigin(SessionId Repository, SessionId Snapshot);

/// <summary>The root record of one snapshot (spec/formats/manifest.md).</summary>
public sealed record Manifest
{
    private const int FieldMax = 22;
    private const string What = "manifest";

    /// <summary>The directory that stands for `/`.</summary>
    public required BlobId Root { get; init; }

    /// <summary>What was captured.</summary>
    public required SourceKind Source { get; init; }

    /// <summary>Absolute paths as captured (raw bytes), or a stream's one name.</summary>
    public IReadOnlyList<byte[]> Paths { get; init; } = [];

    /// <summary>The host.</summary>
    public string Host { get; init; } = "";

    /// <summary>The user.</summary>
    public string User { get; init; } = "";

    /// <summary>The snapshot's time, Unix nanoseconds.</summary>
    public required long TimeNanoseconds { get; init; }

    /// <summary>When the run began, Unix nanoseconds.</summary>
    public long StartNanoseconds { get; init; }

    /// <summary>When the run ended, Unix nanoseconds.</summary>
    public long EndNanoseconds { get; init; }

    /// <summary>Tags, sorted.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Program and version that took it.</summary>
    public string Program { get; init; } = "";

    /// <summary>The snapshot it was compared with.</summary>
    public SessionId? Parent { get; init; }

    /// <summary>The parent's number and one more.</summary>
    public long Sequence { get; init; } = 1;

    /// <summary>Hash of the parent's stored manifest.</summary>
    public ObjectHash? ParentHash { get; init; }

    /// <summary>What was read and added.</summary>
    public SnapshotCounts Counts { get; init; } = new();

    /// <summary>How many things could not be captured as they were.</summary>
    public long WarningCount { get; init; }

    /// <summary>The first of them.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>For a command's output: how it ended.</summary>
    public CommandFacts? Command { get; init; }

    /// <summary>For a database: what it was.</summary>
    public DatabaseFacts? Database { get; init; }

    /// <summary>The exclude patterns in force.</summary>
    public IReadOnlyList<string> Excludes { get; init; } = [];

    /// <summary>The damaged snapshot of which this is what could be saved; null for a snapshot of a source.</summary>
    public SessionId? RepairOf { get; init; }

    /// <summary>For a copy: what it is a copy of; null for a snapshot that was taken here.</summary>
    public SnapshotOrigin? Origin { get; init; }

    /// <summary>The record.</summary>
    public byte[] Encode()
    {
        FieldWriter fields = new();
        fields.Bytes(1, critical: true, Root.Span);
        fields.Varint(2, critical: true, (ulong)Source);
        fields.List(3, critical: false, [.. Paths]);
        fields.Text(4, critical: false, Host);
        fields.Text(5, critical: false, User);
        fields.Zigzag(6, critical: true, TimeNanoseconds);
        fields.Zigzag(7, critical: false, StartNanoseconds);
        fields.Zigzag(8, critical: false, EndNanoseconds);
        fields.TextList(9, critical: false, [.. Tags]);
        fields.Text(10, critical: false, Program);
        if (Parent is { } parent)
            fields.Bytes(11, critical: false, parent.ToArray());
        fields.Varint(12, critical: false, (ulong)Sequence);
        if (ParentHash is { } hash)
            fields.Bytes(13, critical: false, hash.Span);
        fields.Nested(14, critical: false, EncodeCounts);
        fields.Varint(15, critical: false, (ulong)WarningCount);
        fields.TextList(16, critical: false, [.. Warnings.Take(Limits.ManifestWarningsMax)]);
        if (Command is { } command)
            fields.Bytes(17, critical: false, EncodeCommand(command));
        fields.TextList(18, critical: false, [.. Excludes]);
        if (RepairOf is { } damaged)
            fields.Nested(19, critical: false, output => damaged.CopyTo(output.Reserve(SessionId.Size)));
        if (Counts.DeltaBlobsNew > 0)
            fields.Nested(20, critical: false, EncodeDeltaCounts);
        if (Database is { } database)
            fields.Bytes(21, critical: false, database.Encode());
        if (Origin is { } origin)
            fields.Bytes(22, critical: false, [.. origin.Repository.ToArray(), .. origin.Snapshot.ToArray()]);
        return fields.Written.ToArray();
    }

    /// <summary>Reads a record.</summary>
    public static Manifest Decode(ReadOnlySpan<byte> record)
    {
        FieldReader fields = new(record, What, n => n <= FieldMax);
        return new Manifest
        {
            Root = new BlobId(fields.Required(1, BlobId.Size)),
            Source = DecodeSource(fields),
            Paths = fields.List(3),
            Host = fields.Text(4),
            User = fields.Text(5),
            TimeNanoseconds = fields.Bytes(6) is null ? throw Missing(6) : fields.Zigzag(6),
            StartNanoseconds = fields.Zigzag(7),
            EndNanoseconds = fields.Zigzag(8),
            Tags = fields.TextList(9),
            Program = fields.Text(10),
            Parent = fields.Bytes(11) is null ? null : new SessionId(fields.Required(11, SessionId.Size)),
            Sequence = fields.Varint63(12, missing: 1),
            ParentHash = fields.Bytes(13) is null ? null : new ObjectHash(fields.Required(13, ObjectHash.Size)),
            Counts = DecodeCounts(fields.Bytes(14), fields.Bytes(20)),
            WarningCount = fields.Varint63(15),
            Warnings = fields.TextList(16),
            Command = fields.Bytes(17) is { } command ? DecodeCommand(command) : null,
            Excludes = fields.TextList(18),
            Database = fields.Bytes(21) is { } database ? DatabaseFacts.Decode(database, What) : null,
            Origin = fields.Bytes(22) is null ? null : DecodeOrigin(fields.Required(22, 2 * SessionId.Size)),
            RepairOf = fields.Bytes(19) is null ? null : new SessionId(fields.Required(19, SessionId.Size)),
        };
    }

    private static SnapshotOrigin DecodeOrigin(ReadOnlySpan<byte> ids) => new(new SessionId(ids), new SessionId(ids[SessionId.Size..]));

    private static SourceKind DecodeSource(FieldReader fields)
    {
        if (fields.Bytes(2) is null)
            throw Missing(2);
        ulong source = fields.Varint(2);
        return source is >= (ulong)SourceKind.Files and <= (ulong)SourceKind.Database
            ? (SourceKind)source
            : throw new UnsupportedException($"{What} is of a source of kind {source}, which this program does not know; upgrade Snapstore");
    }

    private static CorruptDataException Missing(int number) => new($"{What} has no field {number}");

    private void EncodeCounts(ByteWriter output)
    {
        long[] values =
        [
            Counts.Files, Counts.Directories, Counts.Others, Counts.Bytes, Counts.FilesNew, Counts.FilesChanged,
            Counts.FilesUnchanged, Counts.DirectoriesUnchanged, Counts.DataBlobsNew, Counts.DataBytesNew,
            Counts.MetaBlobsNew, Counts.MetaBytesNew, Counts.BytesStored,
        ];
        foreach (long value in values)
            output.Varint((ulong)value);
    }

    // A field of their own: programs that know no deltas pass over it.
    private void EncodeDeltaCounts(ByteWriter output)
    {
        output.Varint((ulong)Counts.DeltaBlobsNew);
        output.Varint((ulong)Counts.DeltaBytesNew);
    }

    private static SnapshotCounts DecodeCounts(byte[]? counts, byte[]? deltas)
    {
        SnapshotCounts decoded = counts is null ? new SnapshotCounts() : DecodeCounts(counts);
        if (deltas is null)
            return decoded;
        ByteReader reader = new(deltas, What);
        decoded = decoded with { DeltaBlobsNew = reader.Varint63(), DeltaBytesNew = reader.Varint63() };
        reader.End();
        return decoded;
    }

    private static SnapshotCounts DecodeCounts(ReadOnlySpan<byte> record)
    {
        ByteReader reader = new(record, What);
        SnapshotCounts counts = new()
        {
            Files = Next(ref reader),
            Directories = Next(ref reader),
            Others = Next(ref reader),
            Bytes = Next(ref reader),
            FilesNew = Next(ref reader),
            FilesChanged = Next(ref reader),
            FilesUnchanged = Next(ref reader),
            DirectoriesUnchanged = Next(ref reader),
            DataBlobsNew = Next(ref reader),
            DataBytesNew = Next(ref reader),
            MetaBlobsNew = Next(ref reader),
            MetaBytesNew = Next(ref reader),
            BytesStored = Next(ref reader),
        };
        reader.End();
        return counts;

        static long Next(ref ByteReader reader) => reader.Varint63();
    }

    private static byte[] EncodeCommand(CommandFacts command)
    {
        FieldWriter fields = new();
        fields.TextList(1, critical: false, [.. command.Command]);
        fields.Varint(2, critical: false, (uint)command.ExitCode);
        fields.Varint(3, critical: false, (ulong)(command.Duration.Ticks * TimeSpan.NanosecondsPerTick));
        fields.Bytes(4, critical: false, command.StderrTail);
        return fields.Written.ToArray();
    }

    private static CommandFacts DecodeCommand(ReadOnlySpan<byte> record)
    {
        FieldReader fields = new(record, What, n => n <= 4);
        TimeSpan duration = TimeSpan.FromTicks(fields.Varint63(3) / TimeSpan.NanosecondsPerTick);
        return new CommandFacts(fields.TextList(1), fields.Varint31(2), duration, fields.Bytes(4) ?? []);
    }
}
