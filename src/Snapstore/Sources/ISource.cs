using Snapstore.Formats;

namespace Snapstore.Sources;

/// <summary>Something other than paths of this host that is captured as a tree of named contents: a database, the parts of
/// an archive that comes as a stream.</summary>
public interface ISource : IDisposable
{
    /// <summary>What kind of source the manifest names.</summary>
    SourceKind Kind { get; }

    /// <summary>What the snapshot is of, without user and secret, such as `postgres://db1:5432/shop`: shown in lists, and what
    /// the parent is found by.</summary>
    byte[] Name { get; }

    /// <summary>What is known at the end; complete once <see cref="Capture"/> has returned.</summary>
    SourceFacts Facts { get; }

    /// <summary>Puts everything into the tree. Called once, on one thread. A source that cannot be captured whole and
    /// consistently throws, and no snapshot is made.</summary>
    /// <exception cref="SourceException">It cannot be captured: why, and what to do.</exception>
    void Capture(ISourceTree tree, CancellationToken cancel);
}

/// <summary>What a source says of itself for the manifest.</summary>
/// <param name="Database">For a database: what it was and at which position.</param>
/// <param name="Command">For a command's output: how it ended.</param>
public sealed record SourceFacts(DatabaseFacts? Database = null, CommandFacts? Command = null);

/// <summary>Takes what a source captures. Paths are raw bytes, parts separated by '/', in any order; directories on the way are
/// made where the source does not put them itself. Used by one thread.</summary>
public interface ISourceTree
{
    /// <summary>Adds an entry without content to be read: a directory, a link, a small or empty file whose content is inline.</summary>
    /// <param name="path">Where it stands; its last part replaces the entry's name.</param>
    /// <param name="entry">Its metadata.</param>
    void Add(ReadOnlySpan<byte> path, TreeEntry entry);

    /// <summary>Adds a file whose content is read later, by a reader thread, beside other contents: several may be open at
    /// once, as many as there are readers. Contents are begun in the order they are put.</summary>
    /// <param name="path">Where it stands.</param>
    /// <param name="content">What is to be read.</param>
    void Put(ReadOnlySpan<byte> path, SourceContent content);

    /// <summary>Adds a file whose content the source writes itself, beside others that it is still writing: for parts of a
    /// stream, which come when they come. Disposing of the stream ends the file. A reader thread takes what is written.</summary>
    /// <param name="path">Where it stands.</param>
    /// <param name="content">What is known of it beforehand.</param>
    /// <returns>Takes the bytes; holes are left out. A write fails with a <see cref="SourceException"/> once the run has failed.</returns>
    Stream Begin(ReadOnlySpan<byte> path, WrittenContent content);

    /// <summary>Gives what stands at one path, and is no directory, one name more: a hard link.</summary>
    /// <returns>False where nothing such stands there; then nothing was added.</returns>
    bool Link(ReadOnlySpan<byte> path, ReadOnlySpan<byte> existing);

    /// <summary>Takes a path, with all below it, away again.</summary>
    /// <returns>False where nothing stands there.</returns>
    bool Remove(ReadOnlySpan<byte> path);

    /// <summary>Moves what stands at one path to another, where nothing may stand.</summary>
    /// <returns>False where nothing stands there.</returns>
    bool Move(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target);

    /// <summary>Waits until every content put so far, and every one written to its end, is read, stored and disposed of.</summary>
    /// <exception cref="SourceException">One of them failed.</exception>
    void WaitUntilRead();

    /// <summary>Forgets all that was put so far: the source begins again, for what it read was not of one moment. Only after
    /// <see cref="WaitUntilRead"/>.</summary>
    void StartOver();

    /// <summary>Something could not be captured as it is, the rest is worth having: exit code 3.</summary>
    void Warn(ReadOnlySpan<byte> path, string problem);

    /// <summary>Something worth knowing and no reason to worry.</summary>
    void Note(ReadOnlySpan<byte> path, string text);
}

/// <summary>A content that a source gives.</summary>
/// <param name="Open">Opens it, once, on a reader thread. Any <see cref="IOException"/> or <see cref="SourceException"/> of
/// opening or reading fails the snapshot. The stream is disposed of after its end, or when the run failed.</param>
public sealed record SourceContent(Func<Stream> Open)
{
    /// <summary>Metadata of the file; null for a file of mode 0600 of this moment, whose time stays that of the parent
    /// snapshot as long as its content does (so that an unchanged table shows as unchanged).</summary>
    public TreeEntry? Entry { get; init; }

    /// <summary>True cuts at fixed places (64 KiB), for contents made of pages that stay where they are; false by content.</summary>
    public bool IsPaged { get; init; }

    /// <summary>Bytes, where they are known beforehand: small ones are then read together; -1 where they are not.</summary>
    public long Size { get; init; } = -1;

    /// <summary>The content of these bytes.</summary>
    public static SourceContent Of(byte[] bytes) => new(() => new MemoryStream(bytes, writable: false)) { Size = bytes.Length };
}

/// <summary>What is known of a content before it is written.</summary>
public sealed record WrittenContent
{
    /// <summary>Metadata of the file; null as for <see cref="SourceContent.Entry"/>.</summary>
    public TreeEntry? Entry { get; init; }

    /// <summary>True cuts at fixed places, as <see cref="SourceContent.IsPaged"/>.</summary>
    public bool IsPaged { get; init; }

    /// <summary>For a file with holes: its size and its runs of data, in order and apart; only they are written.</summary>
    public DataRuns? Runs { get; init; }
}

/// <summary>Where a file with holes has data.</summary>
/// <param name="Size">Bytes of the file, holes included.</param>
/// <param name="Runs">Runs of data, [start, end), in order, apart from each other and within the size.</param>
public sealed record DataRuns(long Size, IReadOnlyList<(long Start, long End)> Runs)
{
    /// <summary>Bytes of data.</summary>
    public long DataSize => Runs.Sum(run => run.End - run.Start);
}
