using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>Takes a snapshot of a byte stream: one file in an otherwise empty tree.</summary>
public static class StreamBackup
{
    private const int FileMode = 0x180; // 0600: who may read the stream is not known

    /// <summary>Runs to the end of the stream. Where its command failed, nothing is committed.</summary>
    /// <exception cref="SourceException">The command failed, or the stream could not be read.</exception>
    public static BackupReport Run(
        Repository repository, StreamSelection selection, BackupOptions options, RunProgress progress, TimeProvider time, CancellationToken cancel)
    {
        CheckName(selection.Name);
        IReadOnlyList<byte[]> names = [selection.Name];
        Snapshot? parent = ParentFinder.Find(repository, options.Host, names);
        using BackupSession session = new(repository, options, progress, new BackupNotes(progress), time, cancel);
        options.OnBegin?.Invoke(parent);
        using ParentPaths paths = new(repository, parent);
        BlobId? root = session.Capture(() => Emit(session.Pipeline, selection, paths, time), () => null);
        if (session.Pipeline.Notes.FilesLeftOut > 0)
            throw new SourceException($"the stream could not be read to its end: {session.Pipeline.Notes.Warnings[0]}; no snapshot was made");
        CommandFacts? facts = selection.Outcome?.Invoke();
        SnapshotCounts counts = new() { Files = 1, FilesNew = 1, Directories = SelectedPaths.Split(selection.Name).Length };
        return session.Commit(counts, root, parent, manifest => manifest with
        {
            Source = selection.Command is null ? SourceKind.Stream : SourceKind.Command,
            Paths = names,
            Command = facts,
        });
    }

    // A name that no tree may hold would make a snapshot that no program can read.
    private static void CheckName(byte[] name)
    {
        byte[][] parts = SelectedPaths.Split(name);
        bool isUsable = parts.Length > 0 && parts.Length <= Limits.TreeDepthMax && !name.Contains((byte)0)
            && parts.All(part => part.Length <= Limits.NameSizeMax && !part.AsSpan().SequenceEqual("."u8) && !part.AsSpan().SequenceEqual(".."u8));
        if (!isUsable)
            throw new UsageException($"a stream cannot be stored under the name {Text.PrintablePath.Of(name)}; give it a plain file name (--name)");
    }

    private static void Emit(BackupPipeline pipeline, StreamSelection selection, ParentPaths parent, TimeProvider time)
    {
        long now = UnixTime.ToNanoseconds(time.GetUtcNow());
        EntryTime mtime = new(now / 1_000_000_000, (int)(now % 1_000_000_000));
        EntryOwner owner = new(0, 0, "", "");
        byte[][] parts = SelectedPaths.Split(selection.Name);
        TreeEntry directory = new() { Name = [], Kind = EntryKind.Directory, Mode = 0x1c0, Owner = owner, Mtime = mtime, Ctime = mtime };
        pipeline.Begin(directory);
        foreach (byte[] part in parts[..^1])
            pipeline.Begin(directory with { Name = part });
        TreeEntry file = directory with { Name = parts[^1], Kind = EntryKind.File, Mode = FileMode };
        FileJob job = new(new OpenStream(selection.Content), selection.Name, size: -1)
        {
            Base = parent.Find(parts),
            Pieces = pipeline.NewPieceQueue(),
        };
        pipeline.Stream(file, job);
        foreach (byte[] _ in parts)
            pipeline.End();
    }

    private sealed class OpenStream(Stream stream) : IFileOpener
    {
        public IFileContent Open() => new StreamContent(stream, leaveOpen: true);

        public void Dispose()
        {
        }
    }
}
